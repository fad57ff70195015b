DROP TABLE map_shares;
DROP TABLE map_shortlist_entries;
