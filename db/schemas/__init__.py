"""What REST takes and gives, by family. Imports the models and nothing above ``db``."""
