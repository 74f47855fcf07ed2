"""The stream is read at the end of prompts and contrasts, where words differ that give the class away. Read at the end
of the sentences, which is the same word in both classes.

See hint 3.
"""


def probe_accuracy(model, asked, layer, folds=5):
    texts, last = torch.cat([asked.prompts, asked.contrasts]), asked.last.repeat(2)
    stream = residual_stream(model, texts, positions=last)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return by_group(told == labels, groups)
