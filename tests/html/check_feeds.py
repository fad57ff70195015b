"""Reads the Atom feeds (RFC 4287) and the site map (sitemaps.org 0.9) of a running program, from their rules alone.

check_feeds.py URL SLUG,SLUG… WITHDRAWN EVENT,EVENT…
"""
import datetime
import sys
import urllib.parse
import urllib.request

from lxml import etree

base, slugs, gone, events = sys.argv[1], sys.argv[2].split(","), sys.argv[3], sys.argv[4].split(",")
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def fetch(path, kind):
    with urllib.request.urlopen(base + path) as answer:
        assert answer.headers["content-type"].startswith(kind), answer.headers["content-type"]
        return etree.fromstring(answer.read(), etree.XMLParser(resolve_entities=False, no_network=True))


def moment(text):
    at = datetime.datetime.fromisoformat(text)
    assert at.tzinfo is not None, f"{text} has no time zone"
    return at


def absolute(text):
    parts = urllib.parse.urlsplit(text)
    assert parts.scheme in ("http", "https") and parts.netloc, text
    return text


def only(parent, name):
    found = parent.findall(ATOM + name)
    assert len(found) == 1, f"{parent.tag} has {len(found)} {name}"
    assert found[0].text and found[0].text.strip(), f"{name} is empty"
    return found[0].text


def feed(path, language):
    root = fetch(path, "application/atom+xml")
    assert root.tag == ATOM + "feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang").startswith(language)
    absolute(only(root, "id"))
    only(root, "title")
    newest = moment(only(root, "updated"))
    assert root.find(f"{ATOM}author/{ATOM}name").text
    links = {link.get("rel"): link.get("href") for link in root.findall(ATOM + "link")}
    assert urllib.parse.urlsplit(absolute(links["self"])).path == path, links
    seen, entries = set(), root.findall(ATOM + "entry")
    for entry in entries:
        name = absolute(only(entry, "id"))
        assert name not in seen, f"{name} twice"
        seen.add(name)
        only(entry, "title")
        assert moment(only(entry, "published")) <= moment(only(entry, "updated")) <= newest
        alternate = [l for l in entry.findall(ATOM + "link") if l.get("rel", "alternate") == "alternate"]
        assert alternate and absolute(alternate[0].get("href"))
        content = entry.find(ATOM + "content")
        assert content.get("type") == "html" and len(content) == 0
        assert "<script" not in content.text and "javascript:" not in content.text
    told = {name.rsplit("/", 1)[1] for name in seen}
    assert told == set(slugs) or len(entries) == 50, told ^ set(slugs)
    assert gone not in told
    return len(entries)


def site_map(path, named_there):
    root = fetch(path, "application/xml")
    assert root.tag == MAP + "urlset"
    pages = {}
    for url in root:
        assert url.tag == MAP + "url"
        (loc,) = url.findall(MAP + "loc")
        assert absolute(loc.text) not in pages and len(loc.text) < 2048
        pages[loc.text] = {l.get("hreflang"): l.get("href") for l in url.findall(XHTML + "link")}
        for changed in url.findall(MAP + "lastmod"):
            datetime.date.fromisoformat(changed.text)
    assert len(pages) <= 50_000
    hosts = {urllib.parse.urlsplit(page).netloc for page in pages}
    assert len(hosts) == 1, hosts
    # Each language names both, and both name each other.
    for page, others in pages.items():
        for other in others.values():
            assert pages[other] == others, (page, other)
        assert not others or page in others.values()
    named = {page.rsplit("/", 1)[1] for page in pages}
    assert set(named_there) <= named and gone not in named
    # The root is the app, which is built apart.
    for path in {urllib.parse.urlsplit(page).path for page in pages} - {"/"}:
        with urllib.request.urlopen(base + path) as answer:
            assert answer.status == 200, path
    return len(pages)


counts = [feed("/feed.xml", "zh"), feed("/en/feed.xml", "en"), site_map("/sitemap.xml", slugs), site_map("/events/sitemap.xml", events)]
print("feeds of {} and {} entries and site maps of {} and {} pages hold to their rules".format(*counts))
