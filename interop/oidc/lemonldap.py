# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""LemonLDAP::NG, a provider in Perl, set up from nothing and started: files, one port of 127.0.0.1, all of it in one directory.

Its portal comes from Debian's package and runs as a PSGI application; its users are those of its demonstration, whose
passwords are their names.
"""

import json
import os
import subprocess
from pathlib import Path

SHARE = "/usr/share/lemonldap-ng/portal"
USER, PASSWORD, EMAIL = "rtyler", "rtyler", "rtyler@badwolf.org"
PSGI = """
# The portal loads its captchas although there are none, and they want ImageMagick.
package NoCaptcha;
BEGIN { $INC{'NoCaptcha.pm'} = 1 }
use Mouse;
extends 'Lemonldap::NG::Portal::Main::Plugin';
sub init { 1 }

package main;
use Plack::Builder;
use Lemonldap::NG::Portal::Main;

my $portal = Lemonldap::NG::Portal::Main->run( {} );
builder {
    enable 'Plack::Middleware::Static', path => sub { s!^/static/!! }, root => '%s/htdocs/static/';
    enable 'Plack::Middleware::Static', path => sub { s!^/javascript/!! }, root => '/usr/share/javascript/';
    # Browsers ask for one, and the portal would take it for a page that the user wants to see.
    sub { $_[0]{PATH_INFO} eq '/favicon.ico' ? [ 404, [], [] ] : $portal->(@_) };
};
"""


def start(directory, port, clients, log):
    """Writes the configuration and starts the program; returns its process and its issuer."""
    directory = Path(directory)
    for name in ("conf", "sessions/lock", "psessions/lock", "cache", "notifications"):
        (directory / name).mkdir(parents=True)
    base = f"http://127.0.0.1:{port}"
    (directory / "conf/lmConf-1.json").write_text(json.dumps(configuration(base, directory, clients)))
    (directory / "lemonldap-ng.ini").write_text(f"""[all]
logLevel = warn
[configuration]
type = File
dirName = {directory}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'conf', 'default_expires_in' => 600, 'cache_root' => '{directory}/cache', 'cache_depth' => 3 }}
[portal]
staticPrefix = /static
templateDir = {SHARE}/templates
languages = en
""")
    (directory / "portal.psgi").write_text(PSGI % SHARE)
    process = subprocess.Popen(
        ["plackup", "--server", "Starlet", "--max-workers", "3", "--env", "deployment", "--host", "127.0.0.1", "--port", str(port),
         str(directory / "portal.psgi")],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        env={**os.environ, "LLNG_DEFAULTCONFFILE": str(directory / "lemonldap-ng.ini")})
    return process, base + "/"


def configuration(base, directory, clients):
    key = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True, capture_output=True, text=True).stdout
    public = subprocess.run(["openssl", "rsa", "-pubout"], check=True, capture_output=True, text=True, input=key).stdout
    files = {"generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}
    cache = {"namespace": "sessions", "default_expires_in": 600, "cache_root": f"{directory}/cache", "cache_depth": 3}
    names = [client["id"] for client in clients]
    return {
        "cfgNum": 1, "cfgVersion": "2.16.1", "cfgAuthor": "tests", "cfgDate": "1",
        "portal": base + "/", "domain": "127.0.0.1", "cookieName": "lemonldap", "securedCookie": 0,
        "authentication": "Demo", "userDB": "Same", "passwordDB": "Demo", "registerDB": "Null",
        "demoExportedVars": {"cn": "cn", "mail": "mail", "uid": "uid"}, "exportedVars": {},
        "macros": {"_whatToTrace": "lc($_user)", "verified": "1"}, "whatToTrace": "_whatToTrace",
        "groups": {"companions": '$uid eq "rtyler"'},
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {**files, "Directory": f"{directory}/sessions",
                                 "LockDirectory": f"{directory}/sessions/lock"},
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {"Directory": f"{directory}/psessions",
                                     "LockDirectory": f"{directory}/psessions/lock"},
        "localSessionStorage": "Cache::FileCache", "localSessionStorageOptions": cache,
        "locationRules": {"127.0.0.1": {"default": "accept"}}, "exportedHeaders": {}, "applicationList": {},
        "captcha": "NoCaptcha", "notification": 0,
        "portalCheckLogins": 0, "portalDisplayRegister": 0, "portalDisplayResetPassword": 0,
        "portalSkin": "bootstrap", "timeout": 7200, "key": "a key for the portal",
        "issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectPath": "^/oauth2/", "issuerDBOpenIDConnectRule": 1,
        "oidcServiceMetaDataIssuer": base + "/", "oidcServicePrivateKeySig": key, "oidcServicePublicKeySig": public,
        "oidcServiceKeyIdSig": "first", "oidcServiceAllowAuthorizationCodeFlow": 1,
        "oidcServiceAllowOnlyDeclaredScopes": 0,
        "oidcRPMetaDataOptions": {client["id"]: {
            "oidcRPMetaDataOptionsClientID": client["id"], "oidcRPMetaDataOptionsClientSecret": client["secret"],
            "oidcRPMetaDataOptionsDisplayName": "Gale", "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256",
            "oidcRPMetaDataOptionsIDTokenForceClaims": 1, "oidcRPMetaDataOptionsRequirePKCE": 1,
            "oidcRPMetaDataOptionsBypassConsent": 0, "oidcRPMetaDataOptionsUserIDAttr": "uid",
            "oidcRPMetaDataOptionsRefreshToken": 1, "oidcRPMetaDataOptionsLogoutBypassConfirm": 1, "oidcRPMetaDataOptionsIDTokenExpiration": 3600,
            "oidcRPMetaDataOptionsAccessTokenExpiration": 3600,
            "oidcRPMetaDataOptionsRedirectUris": " ".join(client["redirect_uris"]),
            "oidcRPMetaDataOptionsPostLogoutRedirectUris": client["after_logout"],
            **({"oidcRPMetaDataOptionsLogoutUrl": client["backchannel"], "oidcRPMetaDataOptionsLogoutType": "back",
                "oidcRPMetaDataOptionsLogoutSessionRequired": 1} if "backchannel" in client else {}),
        } for client in clients},
        "oidcRPMetaDataExportedVars": {name: {
            "email": "mail", "name": "cn", "preferred_username": "uid", "groups": "groups;string;always",
            "email_verified": "verified;bool;auto"} for name in names},
        "oidcRPMetaDataMacros": {name: {} for name in names},
    }
