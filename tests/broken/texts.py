"""Notebooks whose cells hold what a graded run must bear: magics, installs, prompts, warnings, Colab's decorations."""

from tests.broken import cell, code, first, kind, position, source


def before_answer(notebook, text):
    notebook["cells"].insert(position(notebook, first(notebook)), code(text))
    return notebook


def in_function(notebook, statement):
    """The first answer with a statement before it that runs whenever the function is called."""
    own, id = cell(notebook, first(notebook)), first(notebook)
    own["source"] = (
        f"{source(own)}\n\n\n_right = {id}\n\n\ndef {id}(*args, **named):\n    {statement}\n    return _right(*args, **named)"
    )
    return notebook


@kind("graded")
def magics_and_shell_lines(notebook):
    before_answer(notebook, "%load_ext autoreload\n%autoreload 2\n%matplotlib inline\n!ls\nfiles = !ls")
    own = cell(notebook, first(notebook))
    own["source"] = "%%time\n" + source(own)
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
    own = cell(notebook, first(notebook))
    noise = "import sys, warnings\nfrom tqdm import tqdm\nwarnings.warn('careful')\nfor _ in tqdm(range(3)):\n    print('x', file=sys.stderr)\n"
    own["source"] = noise + source(own)
    return notebook


@kind("graded")
def colab_decorations(notebook):
    own = cell(notebook, first(notebook))
    own["source"] = '#@title My basis { run: "auto", display-mode: "form" }\n' + source(own)
    own["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/"}, "executionInfo": {"elapsed": 3}}
    return {**notebook, "metadata": {"colab": {"provenance": []}}}


@kind("graded")
def own_module_named_like_ours(notebook):
    return before_answer(notebook, "open('course_utils.py', 'w').write('raise RuntimeError')")


@kind("graded", loses=("first", "second"))
def the_name_check_is_taken(notebook):
    """Their own checks end in the same error, in their notebook as here."""
    return before_answer(notebook, "check = 5")


@kind("graded")
def given_imports_edited(notebook):
    imports = next(item for item in notebook["cells"] if "import numpy as np" in source(item))
    imports["source"] = source(imports) + "\nimport copy as copies"
    own = cell(notebook, first(notebook))
    own["source"] = f"{source(own)}\n\n\n{first(notebook)} = copies.copy({first(notebook)})"
    return notebook


@kind("graded")
def spaces_at_line_ends(notebook):
    for item in notebook["cells"]:
        item["source"] = source(item).replace("\n", "   \n") + "\n\n"
    return notebook


@kind("graded", loses=("first",))
def missing_import_in_the_answer(notebook):
    own = cell(notebook, first(notebook))
    own["source"] = "import a_package_that_is_not_there\n" + source(own)
    return notebook


@kind("graded", loses=("first",))
def syntax_error_in_the_answer(notebook):
    own = cell(notebook, first(notebook))
    own["source"] = source(own) + "\n    return return"
    return notebook


@kind("graded", status="timeout")
def infinite_loop_in_a_cell_of_ones_own(notebook):
    return before_answer(notebook, "while True:\n    pass")


@kind("graded", status="timeout", loses=("first",))
def infinite_loop_in_the_answer(notebook):
    return in_function(notebook, "while True: pass")


@kind("graded", status="kernel-died")
def kernel_ended_by_a_cell_of_ones_own(notebook):
    return before_answer(notebook, "import os\nos.kill(os.getpid(), 9)")


@kind("graded", status="kernel-died", loses=("first",))
def kernel_ended_by_the_answer(notebook):
    return in_function(notebook, "import os; os._exit(1)")


@kind("graded", status="kernel-died")
def exit_in_a_cell_of_ones_own(notebook):
    return before_answer(notebook, "exit()")


@kind("graded")
def quits_in_a_cell_of_ones_own(notebook):
    return before_answer(notebook, "import sys\nsys.exit()")


@kind("graded", loses=("first",))
def asks_for_input_in_the_answer(notebook):
    return in_function(notebook, "input('Which one? ')")


@kind("graded")
def breakpoint_left_in_the_answer(notebook):
    return in_function(notebook, "breakpoint()")


@kind("graded")
def plots_and_prints_in_the_answer(notebook):
    return in_function(notebook, "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); print('drawn')")


@kind("graded")
def colab_drive_mounted(notebook):
    return before_answer(notebook, "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive")


@kind("graded")
def saves_files_and_reads_them(notebook):
    return in_function(notebook, "open('notes.txt', 'a').write('x'); open('notes.txt').read()")
