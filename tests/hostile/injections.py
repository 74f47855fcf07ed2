"""Markdown that tries to run script in a reader's browser, to fetch something, or to change the page: each calls `ran(...)`."""

RUNS = "ran(/{name}/.source)"  # without quotes, with which markdown would take an attribute for text
ELSEWHERE = "http://192.0.2.1/{name}"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SVG = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0icGFyZW50LnJhbignc3ZnJykiLz4="

INJECTIONS = {
    "image_error": "<img src=x onerror={runs}>",
    "image_error_quoted": '<IMG SRC="x" ONERROR="{runs}">',
    "image_over_lines": "<img\nsrc=x\nonerror={runs}\n>",
    "image_slashes": "<img/src=x/onerror={runs}>",
    "image_entities": "<img src=x onerror=&#114;&#97;&#110;(/image_entities/.source)>",
    "image_unclosed": "<img src=x onerror={runs} //",
    "twice_opened": "<<img src=x onerror={runs}>",
    "in_a_code_span_that_ends": "`` ` <img src=x onerror={runs}> `` ` <img src=x onerror={runs}>",
    "in_a_fence_that_ends": "```html\n<b>\n```\n<img src=x onerror={runs}>",
    "in_an_indented_block": "- a\n\n      code\n\n<img src=x onerror={runs}>",
    "script": "<script>{runs}</script>",
    "script_mixed": "<ScRiPt >{runs}</sCrIpT>",
    "script_nested": "<scr<script>ipt>{runs}</scr</script>ipt>",
    "script_after_comment": "<!--><script>{runs}</script>-->",
    "svg_load": "<svg onload={runs}>",
    "svg_animate": "<svg><animate onbegin={runs} attributeName=x dur=1s>",
    "svg_script": "<svg><script>{runs}</script></svg>",
    "math_style": "<math><mtext><style><img src=x onerror={runs}></style></mtext></math>",
    "body_load": "<body onload={runs}>",
    "details_toggle": "<details open ontoggle={runs}>x</details>",
    "focus": "<input autofocus onfocus={runs}>",
    "video": "<video><source onerror={runs}></video>",
    "animation": "<style>@keyframes k{{}}</style><b style='animation:k 1s' onanimationstart={runs}>x</b>",
    "iframe_srcdoc": '<iframe srcdoc="<script>parent.{runs}</script>"></iframe>',
    "iframe_javascript": '<iframe src="javascript:parent.{runs}"></iframe>',
    "object": '<object data="data:text/html,<script>parent.{runs}</script>"></object>',
    "embed": '<embed src="data:image/svg+xml;base64,' + SVG + '">',
    "markdown_link": "[follow](javascript:{runs})",
    "markdown_link_entity": "[follow](javascript&#58;{runs})",
    "markdown_link_tab": "[follow](<java&#x09;script:{runs}>)",
    "markdown_reference": "[follow][r]\n\n[r]: javascript:{runs}",
    "automatic_link": "<javascript:{runs}>",
    "html_link": '<a href="JaVaScRiPt:{runs}">follow</a>',
    "data_link": '<a href="data:text/html,<script>{runs}</script>">follow</a>',
    "markdown_image_data": "![x](data:image/svg+xml;base64," + SVG + ")",
    "maths_link": "$\\href{{javascript:{runs}}}{{follow}}$ and $$\\require{{html}}\\class{{score}}{{x}}\\cssId{{id}}{{y}}$$",
    "attribute_end": '![x" onerror="{runs}](y)',
    "title_end": "[x](y 'a\" onmouseover=\"{runs}')",
    "heading": "# x <img src=x onerror={runs}>",
    "table_cell": "| a |\n|---|\n| <img src=x onerror={runs}> |",
    "meta_refresh": '<meta http-equiv="refresh" content="0;url={elsewhere}">',
    "base": '<base href="{elsewhere}">',
    "form": '<form action="{elsewhere}"><button autofocus>Save</button></form>',
    "stylesheet": '<link rel="stylesheet" href="{elsewhere}">',
    "style_import": "<style>@import '{elsewhere}'; .container {{ display: none }}</style>",
    "style_background": '<b style="background:url({elsewhere})">x</b>',
    "image_elsewhere": "<img src='{elsewhere}'>",
    "markdown_image_elsewhere": "![x]({elsewhere})",
    "source_set": "<img srcset='{elsewhere} 1x'>",
    "audio": "<audio autoplay src='{elsewhere}'></audio>",
    "page_ids": '<b id="why_mean">x</b><a name="formgrader">x</a><b class="score mark-graded">x</b>',
}


def injection(name: str) -> str:
    """One of them, which calls `ran` with its own name, with a word before and after it that must stay readable."""
    runs, elsewhere = RUNS.format(name=name), ELSEWHERE.format(name=name)
    return f"before-{name}\n\n{INJECTIONS[name].format(runs=runs, elsewhere=elsewhere)}\n\nafter-{name}"


def attachments(name: str) -> dict:
    """Attachments of a cell that are no pictures, and one that is."""
    runs = RUNS.format(name=name)
    return {
        "real.png": {"image/png": PIXEL},
        "drawing.svg": {"image/svg+xml": SVG},
        "mime.png": {f'image/png" onerror="{runs}': PIXEL},
        "forged.png": {"image/png": f'x" onerror="{runs}'},
    }
