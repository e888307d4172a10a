-- A bot that gets its lease is running from that moment: whoever looks at bots hears of it.
create function fleet.tell_lease() returns trigger language plpgsql as $$
begin
    perform pg_notify('fleet_bot', new.bot_id::text);
    return null;
end $$;

create trigger lease_given after insert on fleet.lease
for each row execute function fleet.tell_lease();

create trigger lease_given_again after update on fleet.lease
for each row when (old.until < now() or old.generation <> new.generation) execute function fleet.tell_lease();
