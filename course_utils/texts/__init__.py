"""What a model is asked: puns, concepts, general text, and all of it as tokens."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "concept_files": ["ConceptFileError", "copy_template", "load_concept"],
        "concepts": ["Concept", "ConceptItem", "concerns"],
        "words_after_texts": ["Continuations", "continuations", "knows_words", "token_texts", "windows"],
        "general": ["general_tokens"],
        "induction_items": ["general_sequences", "induction_concept", "token_word_tokenizer"],
        "pun_files": ["PunFileError", "load_puns", "readable_puns"],
        "puns": ["Pun", "puns_table"],
        "tokenised_concepts": ["TokenisedConcept", "tokenise_concept"],
    },
)
