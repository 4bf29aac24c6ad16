"All metadata stands in settings.ini; this file hands it to setuptools."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages

here = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(here/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']
extras = dict(deploy=['deploy'], hub=['hub'], kernels=['kernels'], bench=['bench'])
extras['dev'] = ['dev','deploy','hub','kernels']
statuses = ['1 - Planning', '2 - Pre-Alpha', '3 - Alpha', '4 - Beta', '5 - Production/Stable']

def readme():
    "Return README.md as a package index can show it: links to files of the repository have its address."
    text = (here/'README.md').read_text(encoding='utf-8')
    url = re.search(r'^Repository = "(.+)"', (here/'pyproject.toml').read_text(encoding='utf-8'), re.M)[1]
    text = re.sub(r'(!\[[^]]*\])\((?!https?:|#)', rf'\1({url}/raw/v{cfg["version"]}/', text)
    return re.sub(r'(?<!!)(\[[^]]*\])\((?!https?:|#)', rf'\1({url}/blob/v{cfg["version"]}/', text)

setup(
    version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], license=cfg['license'], python_requires='>=' + cfg['min_python'],
    long_description=readme(), long_description_content_type='text/markdown',
    packages=find_packages(include=['fasterlth', 'fasterlth.*']), include_package_data=True, zip_safe=False,
    install_requires=cfg['requirements'].split(),
    extras_require={k: ' '.join(cfg[f'{o}_requirements'] for o in names).split() for k,names in extras.items()},
    entry_points={'console_scripts': cfg['console_scripts'].split(), 'nbdev': ['fasterlth=fasterlth._modidx:d']},
    classifiers=['Development Status :: ' + statuses[int(cfg['status']) - 1], 'Intended Audience :: Science/Research',
                 'Programming Language :: Python :: 3', 'Topic :: Scientific/Engineering :: Artificial Intelligence'])
