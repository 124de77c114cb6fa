#!/usr/bin/python3
"""A registry of images for tests, on 127.0.0.1:5000, of one tree and what is named in a table; nothing is stored or pulled.

Usage: registry.py TREE.tar TABLE
Each line of the table: NAME:TAG, the user or "-", the program's words in JSON, and names of files in the folder of the table that are
added at the root; with a file's name repeated for another tag, both are the same image.
"""
import hashlib, http.server, io, json, os, sys, tarfile

blobs, manifests = {}, {}


def blob(content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return digest


def descriptor(kind, content):
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": blob(content), "size": len(content)}


def added(folder, name):
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.stat(os.path.join(folder, name)).st_size, os.stat(os.path.join(folder, name)).st_mode & 0o7777
        with open(os.path.join(folder, name), "rb") as content:
            archive.addfile(member, content)
    return layer.getvalue()


def image(layers, user, words):
    configuration = {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": words}
    if user != "-":
        configuration["User"] = user
    described = [descriptor("layer.v1.tar", layer) for layer in layers]
    whole = {"architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine], "os": "linux", "config": configuration,
             "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in described]}}
    return json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                       "config": descriptor("config.v1+json", json.dumps(whole).encode()), "layers": described}).encode()


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts, content, kind = self.path.split("?")[0].split("/"), None, "application/octet-stream"
        if self.path == "/v2/":
            content = b"{}"
        elif len(parts) > 4 and parts[-2] == "manifests":
            digest = manifests.get("/".join(parts[2:-2]) + ":" + parts[-1], parts[-1])
            content, kind = blobs.get(digest), "application/vnd.oci.image.manifest.v1+json"
        elif len(parts) > 4 and parts[-2] == "blobs":
            digest = parts[-1]
            content = blobs.get(digest)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content or b"")))
        if content is not None and self.path != "/v2/":
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content or b"")

    do_HEAD = do_GET

    def log_message(self, *words):
        pass


tree, table = open(sys.argv[1], "rb").read(), sys.argv[2]
for line in open(table):
    name, user, words, *files = line.rstrip("\n").split("\t")
    manifests[name] = blob(image([tree] + [added(os.path.dirname(table), file) for file in files], user, json.loads(words)))
http.server.ThreadingHTTPServer(("127.0.0.1", 5000), Registry).serve_forever()
