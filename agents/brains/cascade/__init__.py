"""Two brains as one: offline when it is certain, a model otherwise, and offline again when the model fails."""
