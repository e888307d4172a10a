-- A seal covers a range of ids: from the one after the last seal's to the last that is settled. A busy hour may need
-- several seals; `hour` is the hour in which the seal was made.
alter table audit.seal drop constraint seal_hour_key;
alter table audit.seal add constraint seal_range check (last_id >= first_id and count > 0);
create index seal_hour on audit.seal (hour);
create index event_of_target on audit.event (target, id desc);
