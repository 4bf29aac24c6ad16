"""Python sessions beside the tests' own: for what is killed, or must know nothing of this process.

They are forked from a process that does nothing but import fastai, once, for all of a worker's tests: importing it
takes longer than most of what they do. That process has no threads, and other hashes and addresses than this one."""
import atexit, os, shutil, sys, tempfile, threading, warnings, weakref
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

context = get_context('forkserver')
context.set_forkserver_preload(['fastai.vision.all','fasterlth.all'])


def work(code, argv, environ, out, err):
    "Run code as the main module of this process, as `python -c` does."
    os.setsid()
    for fd,path in ((1,out), (2,err)): os.dup2(os.open(path, os.O_WRONLY|os.O_APPEND), fd)
    os.environ.clear()
    os.environ.update(environ)
    warnings.simplefilter('ignore')
    main = sys.modules['__main__'] = ModuleType('__main__')
    sys.argv = argv
    try: exec(compile(code, '<string>', 'exec'), main.__dict__)
    finally:    # what ends a Python that wasn't forked, in its order: joblib's workers wait for it
        threading._shutdown()
        atexit._run_exitfuncs()

class Session:
    "Code that runs in a process and a session of its own, with arguments in `sys.argv`, and what it has written."
    def __init__(self, code, *args):
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._files = [Path(folder)/n for n in ('out','err')]
        for f in self._files: f.touch()
        argv = ['-c', *map(str, args)]
        self._process = context.Process(target=work, args=(code, argv, dict(os.environ), *self._files))
        self._process.start()
        self.pid = self._process.pid

    @property
    def stdout(self): return self._files[0].read_text()
    @property
    def stderr(self): return self._files[1].read_text()

    def wait(self, timeout=1800):
        "Return the exit code: None if it still runs after so many seconds."
        self._process.join(timeout)
        return self._process.exitcode

def run_module(name, *args):
    "Run a module as `python -m` does, to its end."
    code = 'import runpy, sys; runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)'
    s = Session(code, name, *args)
    return s.wait(),s.stdout,s.stderr
