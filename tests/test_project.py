"What is expected of a project: versions that agree, files that parse, names that exist."
import configparser, json, re
from pathlib import Path
import yaml
from nbdev.config import get_config

root = Path(__file__).parent.parent

def settings():
    cfg = configparser.ConfigParser(delimiters=['='])
    cfg.read(root/'settings.ini', encoding='utf-8')
    return cfg['DEFAULT']

def test_versions_agree():
    version = settings()['version']
    assert yaml.safe_load((root/'CITATION.cff').read_text())['version']==version
    top = re.search(r'^## (\S+)', (root/'CHANGELOG.md').read_text(), re.M)[1]
    assert top==version, f'CHANGELOG.md begins with {top}, settings.ini has {version}'

def test_nbdev_reads_the_address():
    cfg = get_config(root)
    assert cfg.lib_name=='fasterlth' and cfg.repo=='fasterlth' and cfg.git_url.startswith('https://')
    assert cfg.lib_path==root/'fasterlth' and cfg.nbs_path==root/'nbs' and cfg.branch=='main'

def test_workflows_run_the_same_check():
    flows = {p.name: yaml.safe_load(p.read_text()) for p in (root/'.github'/'workflows').glob('*.yml')}
    steps = lambda name: [s.get('run', '') for job in flows[name]['jobs'].values() for s in job['steps']]
    assert 'bash .ci/run' in steps('ci.yml') and 'bash .ci/run weekly' in steps('weekly.yml') and 'python -m tools.site' in steps('site.yml')
    oldest = settings()['min_python']
    assert oldest in flows['ci.yml']['jobs']['check']['strategy']['matrix']['python']

def test_issue_templates_ask_for_something():
    for p in (root/'.github'/'ISSUE_TEMPLATE').glob('*.yml'):
        form = yaml.safe_load(p.read_text())
        if p.stem=='config': continue
        ids = [o['id'] for o in form['body']]
        assert form['name'] and form['description'] and len(ids)==len(set(ids)) and any(o.get('validations', {}).get('required') for o in form['body'])

def test_links_to_files_exist():
    "In Markdown files at the top, and in those of the examples."
    bad = []
    for p in [*root.glob('*.md'), *(root/'examples').glob('*.md')]:
        for target in re.findall(r'\]\(((?!https?:|#|mailto:)[^)#]+)', p.read_text(encoding='utf-8')):
            if not (p.parent/target).exists(): bad.append(f'{p.name}: {target}')
    assert not bad, bad

def test_extras_are_named_where_they_are_needed():
    "Every `require(module, extra)` names an extra of setup.py."
    extras = re.search(r'extras = dict\((.*)\)', (root/'setup.py').read_text())[1]
    used = {e or 'deploy' for p in (root/'fasterlth').rglob('*.py')
            for e in re.findall(r"require\('[\w.]+'(?:, '(\w+)')?\)", p.read_text())}
    assert used and all(f'{e}=' in extras for e in used)
    assert all(f'{e}_requirements' in settings() for e in re.findall(r"'(\w+)'", extras))
