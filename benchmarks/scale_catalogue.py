#!/usr/bin/env python3
"""Grow the real catalogue to a chosen size, for benchmarks only.

Reads printers.csv, cartridges.csv and compatibility.csv of the real catalogue
and writes three files of the same form, holding every real row plus invented
rows, up to exactly the sizes asked for:

  python3 scale_catalogue.py --printers 20000 --cartridges 50000 \
      --pairs 400000 --seed 1 --out DIR

The same arguments and the same real catalogue always give the same bytes.
Invented names keep the shape of real ones (same words, same letters, other
digits), and a printer is only paired with cartridges of its own brand and
technology, whole colour sets at a time. Every invented printer_id starts with
"syn-" and every invented sku with "SYN-", so no one can take one for real.
Python's standard library only.
"""
import argparse
import collections
import csv
import os
import random
import re
import sys
import unicodedata

KIND_TECH = {"inkjet": ("ink",), "laser": ("toner", "drum"), "other": ("ribbon",)}


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        reader = csv.DictReader(f)
        return reader.fieldnames, list(reader)


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, header, lineterminator="\n", extrasaction="ignore")
        w.writeheader()
        w.writerows(rows)


def key(text):
    return re.sub(r"[^A-Z0-9+]", "", text.upper())


def slug(text):
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("+", "-plus")).strip("-")


def renumber(rng, text, grow):
    """Other digits in every run of two or more (in every run where all are
    single digits); 'grow' lengthens the last run."""
    runs = list(re.finditer(r"\d+", text))
    single = all(len(m.group()) == 1 for m in runs)
    if not runs:
        return text + str(rng.randint(10, 999 * 10 ** grow))
    out, pos = [], 0
    for i, m in enumerate(runs):
        run = m.group()
        last = i == len(runs) - 1
        if len(run) >= 2 or single:
            n = len(run) + (grow if last else 0)
            new = str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(n - 1))
        else:
            new = run + "".join(str(rng.randint(0, 9)) for _ in range(grow if last else 0))
        out += [text[pos:m.start()], new]
        pos = m.end()
    return "".join(out) + text[pos:]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--printers", type=int, default=20000)
    ap.add_argument("--cartridges", type=int, default=50000)
    ap.add_argument("--pairs", type=int, default=400000)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--src", default=os.path.join(here, "..", "assets", "catalogue"))
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    rng = random.Random(a.seed)

    ph, printers = read(os.path.join(a.src, "printers.csv"))
    ch, carts = read(os.path.join(a.src, "cartridges.csv"))
    mh, pairs = read(os.path.join(a.src, "compatibility.csv"))
    for name, want, have in (("--printers", a.printers, len(printers)),
                             ("--cartridges", a.cartridges, len(carts)),
                             ("--pairs", a.pairs, len(pairs))):
        if want < have:
            sys.exit(f"{name} {want}: the real catalogue already has {have}")

    real_printers, real_carts = list(printers), list(carts)
    served = {p["printer_id"] for p in printers}

    # ---- printers
    ids = set(served)
    names = {(p["brand"], key(p["model"])) for p in printers}
    tries = 0
    while len(printers) < a.printers:
        t = real_printers[rng.randrange(len(real_printers))]
        tries += 1
        model = renumber(rng, t["model"], grow=tries // (4 * a.printers + 1))
        pid = "syn-" + slug(f"{t['brand']} {model}")
        k = (t["brand"], key(model))
        if k in names or pid in ids:
            continue
        names.add(k)
        ids.add(pid)
        printers.append(dict(t, printer_id=pid, model=model))

    # ---- cartridges, one whole series (its colours and capacities) at a time
    series = collections.OrderedDict()
    for c in real_carts:
        series.setdefault((c["brand"], c["series"], c["technology"]), []).append(c)
    templates = list(series.values())
    skus = {c["sku"] for c in carts}
    refs = {(c["brand"], key(c["oem_reference"])) for c in carts}
    taken = {(c["brand"], c["series"]) for c in carts}
    tries = 0
    while len(carts) < a.cartridges:
        group = templates[rng.randrange(len(templates))]
        tries += 1
        grow = tries // (4 * a.cartridges + 1)
        digits = re.search(r"\d{2,}", group[0]["oem_reference"])
        shared = None
        if digits and all(digits.group() in c["oem_reference"] for c in group):
            shared = (digits.group(), renumber(rng, digits.group(), grow))
        name = group[0]["series"]
        new_series = name.replace(*shared, 1) if shared and shared[0] in name else renumber(rng, name, grow)
        longer = grow
        while (group[0]["brand"], new_series) in taken:
            longer += 1
            new_series = renumber(rng, name, longer)
        made = []
        for c in group:
            ref = c["oem_reference"]
            ref = ref.replace(*shared, 1) if shared else renumber(rng, ref, grow)
            sku = "SYN-" + re.sub(r"[^A-Z0-9]", "", (c["sku"].split("-")[0] + ref).upper())
            if sku in skus or (c["brand"], key(ref)) in refs or any(m["sku"] == sku for m in made):
                made = None
                break
            made.append(dict(c, sku=sku, series=new_series, oem_reference=ref, ean13=""))
        if not made:
            continue
        for c in made[: a.cartridges - len(carts)]:
            skus.add(c["sku"])
            refs.add((c["brand"], key(c["oem_reference"])))
            taken.add((c["brand"], c["series"]))
            carts.append(c)

    # ---- pairs: whole series of the printer's own brand and technology
    groups = collections.defaultdict(list)
    by_series = collections.OrderedDict()
    for c in carts:
        by_series.setdefault((c["brand"], c["series"], c["technology"]), []).append(c["sku"])
    for (brand, _, tech), members in by_series.items():
        groups[brand, tech].append(members)
    have = {(m["printer_id"], m["sku"]) for m in pairs}
    todo = [p for p in printers if p["printer_id"] not in served]
    todo_first = list(todo)
    rng.shuffle(todo_first)
    pool = todo_first + todo if todo else list(printers)
    idle = i = 0
    while len(have) < a.pairs:
        p = pool[i] if i < len(pool) else pool[rng.randrange(len(pool))]
        i += 1
        before = len(have)
        for tech in KIND_TECH[p["kind"]]:
            choices = groups.get((p["brand"], tech))
            if not choices:
                continue
            for sku in choices[rng.randrange(len(choices))]:
                if len(have) < a.pairs:
                    have.add((p["printer_id"], sku))
        idle = idle + 1 if len(have) == before else 0
        if idle > 100000:
            sys.exit(f"--pairs {a.pairs}: no more room than {len(have)}; ask for more printers or cartridges")

    os.makedirs(a.out, exist_ok=True)
    write(os.path.join(a.out, "printers.csv"), ph, sorted(printers, key=lambda r: (r["brand"].lower(), r["printer_id"])))
    write(os.path.join(a.out, "cartridges.csv"), ch, sorted(carts, key=lambda r: (r["brand"].lower(), r["sku"])))
    write(os.path.join(a.out, "compatibility.csv"), mh,
          [{"printer_id": p, "sku": s} for p, s in sorted(have)])
    print(f"{len(printers)} printers, {len(carts)} cartridges, {len(have)} pairs")


if __name__ == "__main__":
    main()
