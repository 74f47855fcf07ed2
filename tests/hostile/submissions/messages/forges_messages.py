"""Send messages of the kernel's own by hand: idle before it is done, and answers from no cell."""

# %%
MIME = "application/vnd.training-dynamics.answers+json"


def mean_of(values):
    kernel = get_ipython().kernel
    session, socket = kernel.session, kernel.iopub_socket
    parent = kernel.get_parent("shell")
    for content in ({"execution_state": "idle"}, {"execution_state": "dead"}, {"no": "state"}):
        session.send(socket, "status", content, parent=parent, ident=b"status")
    session.send(socket, "execute_result", {"data": {MIME: 7}, "metadata": {}, "execution_count": 1}, parent=parent)
    session.send(kernel.shell_stream, "execute_reply", {"status": "ok"}, parent=parent)
    return 0.0
