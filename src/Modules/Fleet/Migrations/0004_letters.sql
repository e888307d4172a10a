-- What is to be written into a bot's files as soon as it, or its machine, can be reached again; in the order of numbers.
create table fleet.letter (
    number     bigint generated always as identity primary key,
    id         uuid not null unique,
    bot_id     uuid not null references fleet.bot (id),
    verb       text not null,
    -- Sealed: settings of channels hold tokens.
    ask        bytea not null,
    actor      text not null,
    created_at timestamptz not null
);

create index letter_of_bot on fleet.letter (bot_id, number);

-- A bot would not take it: nobody but us can show it.
alter table fleet.turn add refused_at timestamptz;

create index turn_refused on fleet.turn (bot_id, session, refused_at) where refused_at is not null;
-- Of one day, for its metrics.
create index turn_ended_of_bot on fleet.turn (bot_id, ended_at) where ended_at is not null;
