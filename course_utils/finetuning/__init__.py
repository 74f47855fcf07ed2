"""A pretrained model becomes a suite: fine-tuning on texts, with checkpoints kept at many steps."""
