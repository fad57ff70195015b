"""Prints src/schema.rs from migrations/postgres: run from the top of the checkout after adding a migration,
or when the compiler says `TableNotEqual` of two tables that now meet in a query."""
import itertools,re
T={'TEXT':'Text','INTEGER':'Integer','BIGINT':'BigInt','BOOLEAN':'Bool','TIMESTAMP':'Timestamp','DATE':'Date','DOUBLE':'Double','BYTEA':'Binary','BLOB':'Binary'}
out=["//! The tables, as the migrations make them.",""]
import glob
joins=[];tables={}
for f in sorted(glob.glob('migrations/postgres/*/up.sql')):
    sql=open(f).read()
    for m in re.finditer(r'CREATE TABLE (\w+) \((.*?)\n\);',sql,re.S):
        name,body=m.groups()
        joins=[j for j in joins if j[0]!=name]
        cols=[];pk=[]
        for line in body.split('\n'):
            line=line.strip().rstrip(',')
            if not line: continue
            mm=re.match(r'PRIMARY KEY \((.*)\)',line)
            if mm: pk=[x.strip() for x in mm.group(1).split(',')];continue
            if re.match(r'(UNIQUE|CHECK|CONSTRAINT|FOREIGN|EXCLUDE)',line): continue
            mm=re.match(r'(\w+) (\w+)(.*)',line)
            if not mm or mm.group(2) not in T: continue
            c,t,rest=mm.groups()
            if 'PRIMARY KEY' in rest: pk=[c]
            ty=T[t]; 
            if 'NOT NULL' not in rest and 'PRIMARY KEY' not in rest: ty=f'Nullable<{ty}>'
            cols.append((c,ty))
            r=re.search(r'REFERENCES (\w+)',rest)
            if r and r.group(1)!=name: joins.append((name,r.group(1),c))
        tables[name]=(pk,cols)
    for name,c,t,rest in re.findall(r'ALTER TABLE (\w+) ADD COLUMN (\w+) (\w+)(.*);',sql):
        ty=T[t]
        tables[name][1].append((c,ty if 'NOT NULL' in rest else f'Nullable<{ty}>'))
    for name,c in re.findall(r'ALTER TABLE (\w+) ALTER COLUMN (\w+) DROP NOT NULL;',sql):
        tables[name][1][:]=[(k,f'Nullable<{ty}>' if k==c else ty) for k,ty in tables[name][1]]
    for name in re.findall(r'DROP TABLE (\w+);',sql):
        tables.pop(name,None)
        joins=[j for j in joins if name not in j[:2]]
for name,(pk,cols) in tables.items():
    out.append(f"diesel::table! {{\n    {name} ({', '.join(pk)}) {{")
    for c,ty in cols: out.append(f"        {c} -> {ty},")
    out.append("    }\n}\n")
names=list(tables)
from collections import Counter
cnt=Counter((a,b) for a,b,_ in joins)
for a,b,c in joins:
    if cnt[(a,b)]==1: out.append(f"diesel::joinable!({a} -> {b} ({c}));")
# Every pair costs the compiler: of the ten thousand, those that meet in one source file.
pairs=set()
for f in glob.glob('src/**/*.rs',recursive=True):
    if f=='src/schema.rs': continue
    named=sorted(set(tables).intersection(re.findall(r'\w+',open(f).read())))
    pairs.update(itertools.combinations(named,2))
out.append('')
for a,b in sorted(pairs): out.append(f"diesel::allow_tables_to_appear_in_same_query!({a}, {b});")
open('src/schema.rs','w').write('\n'.join(out)+'\n')
