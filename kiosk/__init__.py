"""Process edges of the console: command line, application, settings, composition root."""
