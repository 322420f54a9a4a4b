// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The built-in table of media types: Python's, brought up to IANA's registry, and what sites serve today.
enum MIMETypeTable {
  /// A type and its endings in each line.
  static let lines = """
    application/atom+xml atom
    application/epub+zip epub
    application/gpx+xml gpx
    application/java-archive jar war ear
    application/json json map
    application/ld+json jsonld
    application/manifest+json webmanifest
    application/msword doc dot wiz
    application/n-quads nq
    application/n-triples nt
    application/octet-stream bin a dll dmg exe iso img msi o obj so
    application/oda oda
    application/ogg ogx
    application/pdf pdf
    application/pkcs7-mime p7c
    application/pkix-cert cer
    application/postscript ps ai eps
    application/rss+xml rss
    application/rtf rtf
    application/toml toml
    application/trig trig
    application/vnd.android.package-archive apk
    application/vnd.apple.mpegurl m3u m3u8
    application/geo+json geojson
    application/vnd.google-earth.kml+xml kml
    application/vnd.ms-excel xls xlb
    application/vnd.ms-fontobject eot
    application/vnd.ms-powerpoint ppt pot ppa pps pwz
    application/vnd.oasis.opendocument.presentation odp
    application/vnd.oasis.opendocument.spreadsheet ods
    application/vnd.oasis.opendocument.text odt
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
    application/vnd.rar rar
    application/vnd.sqlite3 sqlite sqlite3
    application/wasm wasm
    application/x-7z-compressed 7z
    application/x-bcpio bcpio
    application/x-cpio cpio
    application/x-csh csh
    application/x-debian-package deb
    application/x-dvi dvi
    application/x-gtar gtar
    application/x-hdf hdf
    application/x-hdf5 h5
    application/x-latex latex
    application/x-mif mif
    application/x-netcdf cdf nc
    application/x-pkcs12 p12 pfx
    application/x-pn-realaudio ram
    application/x-python-code pyc pyo
    application/x-rpm rpm
    application/x-sh sh
    application/x-shar shar
    application/x-shockwave-flash swf
    application/x-sv4cpio sv4cpio
    application/x-sv4crc sv4crc
    application/x-tar tar
    application/x-tcl tcl
    application/x-tex tex
    application/x-texinfo texi texinfo
    application/x-troff roff t tr
    application/x-troff-man man
    application/x-troff-me me
    application/x-troff-ms ms
    application/x-ustar ustar
    application/x-wais-source src
    application/x-x509-ca-cert crt der pem
    application/xhtml+xml xhtml xht
    application/xml xsl rdf wsdl xpdl xsd
    application/yaml yaml yml
    application/zip zip
    audio/3gpp 3gp 3gpp
    audio/3gpp2 3g2 3gpp2
    audio/aac aac adts loas ass
    audio/basic au snd
    audio/flac flac
    audio/midi mid midi
    audio/mp4 m4a
    audio/mpeg mp3 mp2
    audio/ogg oga ogg
    audio/opus opus
    audio/webm weba
    audio/x-aiff aif aifc aiff
    audio/x-pn-realaudio ra
    audio/x-wav wav
    font/collection ttc
    font/otf otf
    font/ttf ttf
    font/woff woff
    font/woff2 woff2
    image/apng apng
    image/avif avif
    image/bmp bmp
    image/gif gif
    image/heic heic
    image/heif heif
    image/ief ief
    image/jpeg jpg jpe jpeg
    image/jxl jxl
    image/png png
    image/svg+xml svg
    image/tiff tiff tif
    image/vnd.microsoft.icon ico cur
    image/webp webp
    image/x-cmu-raster ras
    image/x-portable-anymap pnm
    image/x-portable-bitmap pbm
    image/x-portable-graymap pgm
    image/x-portable-pixmap ppm
    image/x-rgb rgb
    image/x-xbitmap xbm
    image/x-xpixmap xpm
    image/x-xwindowdump xwd
    message/rfc822 eml mht mhtml nws
    model/gltf+json gltf
    model/gltf-binary glb
    model/stl stl
    text/calendar ics ifb
    text/css css
    text/csv csv
    text/html html htm
    text/javascript js mjs cjs
    text/markdown md markdown
    text/n3 n3
    text/plain txt text bat c h ksh pl srt log conf ini cfg
    text/richtext rtx
    text/tab-separated-values tsv
    text/turtle ttl
    text/vtt vtt
    text/x-python py
    text/x-setext etx
    text/x-sgml sgm sgml
    text/x-vcard vcf
    text/xml xml
    video/mp2t ts
    video/mp4 mp4 m4v
    video/mpeg mpeg m1v mpa mpe mpg
    video/ogg ogv
    video/quicktime mov qt
    video/webm webm
    video/x-flv flv
    video/x-matroska mkv
    video/x-msvideo avi
    video/x-ms-wmv wmv
    video/x-sgi-movie movie
    """
}
