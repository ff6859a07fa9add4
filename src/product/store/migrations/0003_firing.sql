-- What must happen exactly once: firings of schedules, their messages until they are sent, effects of tasks.

-- One row per due time of a schedule. Whoever inserts it sends the message; the loser of a race inserts nothing.
-- missed: passed while no beat ran, or too late to be worth running; done: the task has stored its effect.
CREATE TABLE IF NOT EXISTS elasticbot_firing (
    schedule text NOT NULL,
    due timestamptz NOT NULL,
    task_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('fired', 'missed', 'done')),
    fired_at timestamptz NOT NULL,
    PRIMARY KEY (schedule, due)
);
CREATE INDEX IF NOT EXISTS elasticbot_firing_task_id ON elasticbot_firing (task_id);
CREATE INDEX IF NOT EXISTS elasticbot_firing_due ON elasticbot_firing (due);

-- Written in the transaction of the firing, sent afterwards as often as needed: sending is idempotent.
CREATE TABLE IF NOT EXISTS elasticbot_beat_outbox (
    task_id uuid PRIMARY KEY,
    queue text NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX IF NOT EXISTS elasticbot_beat_outbox_unsent ON elasticbot_beat_outbox (created_at) WHERE sent_at IS NULL;
CREATE INDEX IF NOT EXISTS elasticbot_beat_outbox_sent ON elasticbot_beat_outbox (sent_at) WHERE sent_at IS NOT NULL;

-- Ids of tasks whose effect is stored, written in the transaction of the effect.
CREATE TABLE IF NOT EXISTS task_done (
    id text PRIMARY KEY,
    done_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS task_done_done_at ON task_done (done_at);

-- Who leads, where session locks mean nothing: behind a transaction pooler. Times are the server's.
CREATE TABLE IF NOT EXISTS elasticbot_lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
