-- Two more filters of the library, each an index in the order of the list.
CREATE INDEX enterprises_of_scale ON enterprises (scale, touched_at, id) WHERE merged_into IS NULL;
CREATE INDEX enterprises_of_region ON enterprises (region, touched_at, id) WHERE merged_into IS NULL;
