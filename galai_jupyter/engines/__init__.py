"""Token ids in, token ids out: the engines that run a model, behind one protocol."""
