from importlib.metadata import PackageNotFoundError, version

try: __version__ = version('fasterlth')    # settings.ini holds it
except PackageNotFoundError: __version__ = 'unknown'    # a checkout that isn't installed
