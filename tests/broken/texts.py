"""Notebooks whose cells hold what a graded run must bear: magics, installs, prompts, warnings, Colab's decorations."""

from tests.broken import cell, code, kind, position


def before_answer(notebook, source):
    notebook["cells"].insert(position(notebook, "fourier_basis"), code(source))
    return notebook


@kind("graded")
def magics_and_shell_lines(notebook):
    before_answer(notebook, "%matplotlib inline\n!ls\nfiles = !ls")
    own = cell(notebook, "fourier_basis")
    own["source"] = "%%time\n" + "".join(own["source"])
    return notebook


@kind("repaired")
def pip_install(notebook):
    return before_answer(notebook, "%pip install -q einops\n!pip install plotly\nif True:\n    %pip install seaborn")


@kind("graded")
def missing_import(notebook):
    return before_answer(notebook, "import a_package_that_is_not_there")


@kind("graded")
def syntax_error_in_a_cell_of_ones_own(notebook):
    return before_answer(notebook, "def broken(:\n    pass")


@kind("graded")
def asks_for_input(notebook):
    return before_answer(notebook, "name = input('Your name? ')")


@kind("graded")
def plots_to_a_screen(notebook):
    return before_answer(
        notebook, "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as p\np.plot([1]); p.show()"
    )


@kind("graded")
def warnings_and_progress_bars(notebook):
    own = cell(notebook, "fourier_basis")
    noise = "import sys, warnings\nfrom tqdm import tqdm\nwarnings.warn('careful')\nfor _ in tqdm(range(3)):\n    print('x', file=sys.stderr)\n"
    own["source"] = noise + "".join(own["source"])
    return notebook


@kind("graded")
def colab_decorations(notebook):
    own = cell(notebook, "fourier_basis")
    own["source"] = '#@title My basis { run: "auto", display-mode: "form" }\n' + "".join(own["source"])
    own["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/"}, "executionInfo": {"elapsed": 3}}
    return {**notebook, "metadata": {"colab": {"provenance": []}}}


@kind("graded")
def own_module_named_like_ours(notebook):
    return before_answer(notebook, "open('course_utils.py', 'w').write('raise RuntimeError')")


@kind("graded")
def the_name_check_is_taken(notebook):
    return before_answer(notebook, "check = 5")


@kind("graded")
def given_imports_edited(notebook):
    imports = next(item for item in notebook["cells"] if "import matplotlib.pyplot" in "".join(item["source"]))
    imports["source"] = "".join(imports["source"]) + "\nimport math as maths"
    own = cell(notebook, "fourier_basis")
    own["source"] = "".join(own["source"]).replace("2 * torch.pi", "2 * maths.pi")
    return notebook


@kind("graded")
def spaces_at_line_ends(notebook):
    for item in notebook["cells"]:
        item["source"] = "".join(item["source"]).replace("\n", "   \n") + "\n\n"
    return notebook
