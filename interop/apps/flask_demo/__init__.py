"""A photo wall in Flask: an ordinary app that knows nothing of the server it runs in.

`flask_demo:app` is the WSGI application. It works under any mount point, as every link comes from url_for.
"""

import platform
import time
from datetime import datetime
from importlib.metadata import version

from flask import (
    Flask,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    session,
    stream_template,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface

import demo_data
from flask_demo.wall import Wall

ROWS = 20
SECONDS_PER_ROW = 0.15
NUMBERS = b"".join(b"line %06d of the sample file\n" % n for n in range(1, 32769))


class MountedSession(SecureCookieSessionInterface):
    """The session cookie belongs to the mount point, not to everything on the host."""

    def get_cookie_path(self, app):
        return request.script_root or "/"


app = Flask(__name__)
app.session_interface = MountedSession()
app.config.update(
    SECRET_KEY=demo_data.secret_key("flask"),
    SESSION_COOKIE_NAME="photo_wall",
    SESSION_COOKIE_SAMESITE="Lax",
    MAX_CONTENT_LENGTH=16 << 20,
)
wall = Wall(demo_data.directory() / "photo-wall")
sample = demo_data.directory() / "photo-wall" / "numbers.txt"
with demo_data.locked("photo-wall"):
    if not sample.exists() or sample.stat().st_size != len(NUMBERS):
        sample.write_bytes(NUMBERS)


@app.context_processor
def versions():
    return {"flask_version": version("flask"), "python_version": platform.python_version()}


@app.template_filter("day")
def day(timestamp):
    return datetime.fromisoformat(timestamp).strftime("%-d %B %Y, %H:%M UTC")


@app.template_filter("size")
def size(count):
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1024:,.1f} KB"


@app.after_request
def no_sniffing(response):
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


@app.get("/")
def index():
    return render_template("index.html", entries=wall.entries())


@app.route("/sign", methods=["GET", "POST"])
def sign():
    if request.method == "GET":
        return render_template("sign.html", form={"author": session.get("name") or request.remote_user or ""})
    author, message = request.form.get("author", "").strip(), request.form.get("message", "").strip()
    if not author or not message:
        flash("A name and a message, please.", "problem")
        return render_template("sign.html", form=request.form), 400
    session["name"] = author[:60]
    upload = request.files.get("file")
    file = wall.keep(upload.stream, upload.filename, upload.mimetype) if upload and upload.filename else None
    number = wall.add(author[:60], message[:500], file)
    flash(f"Thank you, {author[:60]}: it hangs on the wall.")
    return redirect(url_for("entry", number=number), 303)


@app.get("/entries/<int:number>")
def entry(number):
    return render_template("entry.html", entry=wall.entry(number) or abort(404))


@app.get("/entries/<int:number>/file")
def entry_file(number):
    """The upload as it came; only pictures are shown in the page's own origin, the rest is a download."""
    found = wall.entry(number)
    if not found or not found["sha256"]:
        abort(404)
    return send_file(
        wall.path(found),
        mimetype=found["content_type"] if found["picture"] else "application/octet-stream",
        as_attachment=not found["picture"],
        download_name=found["file_name"],
        etag=found["sha256"],
    )


@app.route("/session", methods=["GET", "POST"])
def visits():
    if request.method == "POST":
        session["name"] = request.form.get("name", "").strip()[:60]
        flash(f"Hello, {session['name']}." if session["name"] else "Your name is forgotten.")
        return redirect(url_for("visits"), 303)
    session["visits"] = session.get("visits", 0) + 1
    return render_template("session.html")


@app.post("/session/clear")
def clear():
    session.clear()
    flash("A new session.")
    return redirect(url_for("visits"), 303)


@app.get("/stream")
def stream():
    """A page that is sent row by row, while its template is being rendered."""

    def rows():
        start = time.monotonic()
        for n in range(1, ROWS + 1):
            yield {"n": n, "ms": round((time.monotonic() - start) * 1000)}
            if n < ROWS:
                time.sleep(SECONDS_PER_ROW)

    return stream_template("stream.html", rows=rows(), total=ROWS)


@app.get("/download")
def download():
    return send_file(sample, mimetype="text/plain", as_attachment=True, download_name="numbers.txt")


@app.get("/api/entries")
def api():
    return {"entries": [
        {
            "author": row["author"],
            "message": row["message"],
            "created": row["created"],
            "url": url_for("entry", number=row["id"], _external=True),
            "file": row["sha256"] and {
                "name": row["file_name"],
                "content_type": row["content_type"],
                "size": row["size"],
                "sha256": row["sha256"],
                "url": url_for("entry_file", number=row["id"], _external=True),
            },
        }
        for row in wall.entries()
    ]}


@app.get("/error")
def error():
    raise RuntimeError("this page fails on purpose")


@app.errorhandler(404)
def not_found(error):
    return render_template("problem.html", title="Not on this wall", text="There is no page at this address."), 404


@app.errorhandler(413)
def too_large(error):
    return render_template("problem.html", title="Too large", text="An upload may have up to 16 MB."), 413


@app.errorhandler(500)
def failed(error):
    text = "The traceback is in the server's log; this page and the process are well."
    return render_template("problem.html", title="The view raised", text=text), 500
