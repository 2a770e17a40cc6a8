from fastapi import BackgroundTasks


class Settings:
    def __init__(self, name: str):
        self.name = name


def log(settings: Settings, text: str):
    print(settings.name, text)


def route(tasks: BackgroundTasks):
    tasks.add_task(log, Settings("a"), "x")
