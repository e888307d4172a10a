-- Files with keys in them are sealed in the object store. The root that all of such a file is sealed under;
-- null: not known, or not sealed yet. Of other files it says nothing.
alter table fleet.kept add key_id bytea;
