"""Ask for all the memory there is."""


# %%
def mean_of(values):
    hoard = []
    while True:
        hoard.append(bytearray(64 * 2**20))
