"""A loop with all(), and a tuple for the list."""


def emergence_layer(ranks, top=5):
    def of(row):
        places = range(len(row))
        return next((place for place in places if all(rank <= top for rank in row[place:])), None)

    return tuple(of(row) for row in ranks.tolist())
