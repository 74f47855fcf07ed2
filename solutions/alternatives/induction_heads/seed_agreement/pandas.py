"""A table without its missing rows."""


def seed_agreement(before, after):
    table = np.log10(pd.DataFrame({"before": before, "after": after}))
    kept = table.dropna()
    middles = kept.mean(axis=1)
    return {
        "formed": len(kept) / len(table),
        "step": 10 ** float(middles.mean()),
        "spread": float(middles.std()),
        "bracket": float((kept["after"] - kept["before"]).mean()),
    }
