"""Small corpora, tasks and models that methods are tried on, made on the spot: nothing is downloaded.

`text` and `images` are data that every machine has, with tokenisers; `tasks` are synthetic and come in any number;
`models` builds tiny ones over transformers' own classes; `training` teaches them a task in seconds or a minute;
`cache` sees to it that the same one is never trained twice on a machine.
"""
