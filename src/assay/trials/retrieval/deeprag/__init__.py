"""DeepRAG on a pretrained model: see `pretrained`. A model of our own making knows nothing whose end it could learn."""
