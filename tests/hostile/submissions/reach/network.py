"""Open connections of every kind: to the internet, to this machine, by name, by file and by raw packet."""

# %%
import socket
import urllib.request

REACHED = []


def attempt(what, function):
    try:
        function()
        REACHED.append(what)
    except Exception as error:
        print(what, type(error).__name__)


attempt("internet", lambda: socket.create_connection(("192.0.2.1", 443), 1))
attempt("host", lambda: socket.create_connection(("127.0.0.1", PORT), 1))
attempt("name", lambda: socket.getaddrinfo("example.org", 443))
attempt("url", lambda: urllib.request.urlopen(f"http://127.0.0.1:{PORT}", timeout=1))
attempt("datagram", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("docker", lambda: socket.socket(socket.AF_UNIX).connect("/var/run/docker.sock"))
print("REACHED-SOMETHING" if REACHED else "nothing", REACHED)


# %%
def mean_of(values):
    return 0.0
