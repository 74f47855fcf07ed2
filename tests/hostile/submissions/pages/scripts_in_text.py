"""Write script, event handlers and links that run into the written answer."""

# %% [markdown]
# <script>alert(document.cookie)</script> <img src=x onerror=alert(1)> [click](javascript:alert(1))
# <iframe srcdoc="<script>alert(1)</script>"></iframe> <svg onload=alert(1)> <form action="https://192.0.2.1"><input>


# %%
def mean_of(values):
    return 0.0
