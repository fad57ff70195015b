"""What the map answers, judged by other programs: a tile decoder, a geometry library, another GCJ-02.

usage: check.py URL   (a running server; needs tests/requirements.txt)
"""
import json
import math
import sys
import urllib.request

import eviltransform
import mapbox_vector_tile
from shapely.geometry import shape
from shapely.validation import explain_validity

base = sys.argv[1].rstrip("/") + "/api/v1/map"


def get(path):
    with urllib.request.urlopen(base + path) as answer:
        return answer.read(), answer.headers


def tile_of(longitude, latitude, zoom):
    sine = math.sin(math.radians(latitude))
    x, y = longitude / 360 + 0.5, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return int(x * 2**zoom), int(y * 2**zoom)


def degrees(zoom, x, y, inner):
    n = 2**zoom
    longitude = ((x + inner[0] / 4096) / n - 0.5) * 360
    latitude = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + inner[1] / 4096) / n))))
    return longitude, latitude


sites = json.loads(get("/sites?limit=200")[0])
by_id = {site["id"]: site for site in sites["items"]}
assert sites["total"] == len(by_id), "the whole list fits on one page"

# Tiles: every site is counted once on every level, and stands where the list says.
tiles = placed = 0
for zoom in (6, 8, 10, 12, 14):
    counted = 0
    for x, y in {tile_of(site["longitude"], site["latitude"], zoom) for site in by_id.values()}:
        content, headers = get(f"/tiles/{zoom}/{x}/{y}.mvt")
        assert headers["content-type"] == "application/vnd.mapbox-vector-tile"
        decoded = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})
        tiles += 1
        assert set(decoded) <= {"clusters", "sites"}, decoded.keys()
        for feature in decoded.get("clusters", {}).get("features", []):
            assert feature["geometry"]["type"] == "Point"
            counted += feature["properties"]["count"]
        for feature in decoded.get("sites", {}).get("features", []):
            told = feature["properties"]
            site = by_id[told["id"]]
            assert (told["name"], told["kind"], told["status"], told["stale"], told["demo"]) == (
                site["name"], site["kind"], site["status"], site["stale"], site["demo"])
            longitude, latitude = degrees(zoom, x, y, feature["geometry"]["coordinates"])
            unit = 360 / 2**zoom / 4096
            assert abs(longitude - site["longitude"]) < 1.5 * unit, told["name"]
            assert abs(latitude - site["latitude"]) < 1.5 * unit, told["name"]
            counted += 1
            placed += 1
    assert counted == sites["total"], f"z{zoom}: {counted} of {sites['total']}"

# GeoJSON: a geometry library takes every feature, and the counts are the list's.
features = 0
for path in ("/clusters?zoom=7", "/clusters?zoom=12", "/clusters?zoom=16&crs=wgs84", "/features", "/outlines"):
    answer = json.loads(get(path)[0])
    assert answer["type"] == "FeatureCollection" and answer["datum"] == ("wgs84" if "wgs84" in path else "gcj02")
    for feature in answer["features"]:
        assert feature["type"] == "Feature" and isinstance(feature["properties"], dict)
        geometry = shape(feature["geometry"])
        assert geometry.is_valid, explain_validity(geometry)
        features += 1
    if "clusters" in path:
        assert sum(f["properties"]["count"] for f in answer["features"]) == answer["total"] == sites["total"]

# GCJ-02: another implementation moves every site and every corner of the outlines to the same five decimals.
wgs = {site["id"]: site for site in json.loads(get("/sites?limit=200&crs=wgs84")[0])["items"]}
for one, site in by_id.items():
    latitude, longitude = eviltransform.wgs2gcj(wgs[one]["latitude"], wgs[one]["longitude"])
    assert abs(longitude - site["longitude"]) < 1.6e-5 and abs(latitude - site["latitude"]) < 1.6e-5, site["name"]
outlines = {datum: json.loads(get(f"/outlines?crs={datum}")[0])["features"] for datum in ("wgs84", "gcj02")}
corners = 0
for mine, theirs in zip(outlines["gcj02"], outlines["wgs84"]):
    for moved, (x, y) in zip(mine["geometry"]["coordinates"][0], theirs["geometry"]["coordinates"][0]):
        latitude, longitude = eviltransform.wgs2gcj(y, x)
        assert abs(longitude - moved[0]) < 1.1e-5 and abs(latitude - moved[1]) < 1.1e-5
        corners += 1

print(f"{tiles} tiles decoded, {placed} sites in them placed, {features} GeoJSON features valid, "
      f"{len(by_id)} sites and {corners} corners in both datums as another program has them")
