"""With a projection that takes the line out of all curves at once, in natural logarithms."""


def general_ability(steps, margins, plain_loss, resamples):
    columns = np.column_stack([np.ones(len(steps)), np.log(steps)])
    left = np.eye(len(steps)) - columns @ np.linalg.pinv(columns)
    curves = np.vstack([margins.mean(axis=0), margins[resamples].mean(axis=1)])

    def correlations(one, other):
        one = one - one.mean(axis=1, keepdims=True)
        other = other - other.mean()
        return one @ other / (np.linalg.norm(one, axis=1) * np.linalg.norm(other))

    plain, partial = correlations(curves, -plain_loss), correlations(curves @ left, left @ -plain_loss)
    found = {"correlation": plain, "partial_correlation": partial}
    return {name: np.r_[r[0], np.percentile(r[1:], [2.5, 97.5])] for name, r in found.items()}
