"""Input data of a build: motion files, built-in activities, recording labels and captions."""
