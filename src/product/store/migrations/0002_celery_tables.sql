-- The tables of django-celery-beat and django-celery-results, as Django creates them. A table that exists is never
-- altered: other programs share it, and its owner may be at another version of these packages. (celery-wire.md 15)

DO $migration$
BEGIN

IF to_regclass('django_celery_beat_clockedschedule') IS NULL THEN
    CREATE TABLE django_celery_beat_clockedschedule (
        id serial PRIMARY KEY,
        clocked_time timestamptz NOT NULL
    );
END IF;

IF to_regclass('django_celery_beat_crontabschedule') IS NULL THEN
    CREATE TABLE django_celery_beat_crontabschedule (
        id serial PRIMARY KEY,
        minute varchar(240) NOT NULL,
        hour varchar(96) NOT NULL,
        day_of_week varchar(64) NOT NULL,
        day_of_month varchar(124) NOT NULL,
        month_of_year varchar(64) NOT NULL,
        timezone varchar(63) NOT NULL
    );
END IF;

IF to_regclass('django_celery_beat_intervalschedule') IS NULL THEN
    CREATE TABLE django_celery_beat_intervalschedule (
        id serial PRIMARY KEY,
        every integer NOT NULL,
        period varchar(24) NOT NULL
    );
END IF;

IF to_regclass('django_celery_beat_solarschedule') IS NULL THEN
    CREATE TABLE django_celery_beat_solarschedule (
        id serial PRIMARY KEY,
        event varchar(24) NOT NULL,
        latitude numeric(9,6) NOT NULL,
        longitude numeric(9,6) NOT NULL,
        CONSTRAINT django_celery_beat_solar_event_latitude_longitude_ba64999a_uniq UNIQUE (event, latitude, longitude)
    );
END IF;

IF to_regclass('django_celery_beat_periodictasks') IS NULL THEN
    CREATE TABLE django_celery_beat_periodictasks (
        ident smallint PRIMARY KEY,
        last_update timestamptz NOT NULL
    );
END IF;

IF to_regclass('django_celery_beat_periodictask') IS NULL THEN
    CREATE TABLE django_celery_beat_periodictask (
        id serial PRIMARY KEY,
        name varchar(200) NOT NULL CONSTRAINT django_celery_beat_periodictask_name_key UNIQUE,
        task varchar(200) NOT NULL,
        args text NOT NULL,
        kwargs text NOT NULL,
        queue varchar(200),
        exchange varchar(200),
        routing_key varchar(200),
        expires timestamptz,
        enabled boolean NOT NULL,
        last_run_at timestamptz,
        total_run_count integer NOT NULL,
        date_changed timestamptz NOT NULL,
        description text NOT NULL,
        crontab_id integer,
        interval_id integer,
        solar_id integer,
        one_off boolean NOT NULL,
        start_time timestamptz,
        priority integer,
        headers text NOT NULL,
        clocked_id integer,
        expire_seconds integer,
        CONSTRAINT django_celery_beat_periodictask_expire_seconds_check CHECK (expire_seconds >= 0),
        CONSTRAINT django_celery_beat_periodictask_priority_check CHECK (priority >= 0),
        CONSTRAINT django_celery_beat_periodictask_total_run_count_check CHECK (total_run_count >= 0),
        CONSTRAINT django_celery_beat_p_clocked_id_47a69f82_fk_django_ce FOREIGN KEY (clocked_id)
            REFERENCES django_celery_beat_clockedschedule (id) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT django_celery_beat_p_crontab_id_d3cba168_fk_django_ce FOREIGN KEY (crontab_id)
            REFERENCES django_celery_beat_crontabschedule (id) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT django_celery_beat_p_interval_id_a8ca27da_fk_django_ce FOREIGN KEY (interval_id)
            REFERENCES django_celery_beat_intervalschedule (id) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT django_celery_beat_p_solar_id_a87ce72c_fk_django_ce FOREIGN KEY (solar_id)
            REFERENCES django_celery_beat_solarschedule (id) DEFERRABLE INITIALLY DEFERRED
    );
    CREATE INDEX django_celery_beat_periodictask_clocked_id_47a69f82 ON django_celery_beat_periodictask (clocked_id);
    CREATE INDEX django_celery_beat_periodictask_crontab_id_d3cba168 ON django_celery_beat_periodictask (crontab_id);
    CREATE INDEX django_celery_beat_periodictask_interval_id_a8ca27da ON django_celery_beat_periodictask (interval_id);
    CREATE INDEX django_celery_beat_periodictask_solar_id_a87ce72c ON django_celery_beat_periodictask (solar_id);
    CREATE INDEX django_celery_beat_periodictask_name_265a36b7_like
        ON django_celery_beat_periodictask (name varchar_pattern_ops);
END IF;

IF to_regclass('django_celery_results_taskresult') IS NULL THEN
    CREATE TABLE django_celery_results_taskresult (
        id serial PRIMARY KEY,
        task_id varchar(255) NOT NULL CONSTRAINT django_celery_results_taskresult_task_id_key UNIQUE,
        status varchar(50) NOT NULL,
        content_type varchar(128) NOT NULL,
        content_encoding varchar(64) NOT NULL,
        result text,
        date_done timestamptz NOT NULL,
        traceback text,
        meta text,
        task_args text,
        task_kwargs text,
        task_name varchar(255),
        worker varchar(100),
        date_created timestamptz NOT NULL,
        periodic_task_name varchar(255)
    );
    CREATE INDEX django_cele_date_cr_f04a50_idx ON django_celery_results_taskresult (date_created);
    CREATE INDEX django_cele_date_do_f59aad_idx ON django_celery_results_taskresult (date_done);
    CREATE INDEX django_cele_status_9b6201_idx ON django_celery_results_taskresult (status);
    CREATE INDEX django_cele_task_na_08aec9_idx ON django_celery_results_taskresult (task_name);
    CREATE INDEX django_cele_worker_d54dd8_idx ON django_celery_results_taskresult (worker);
    CREATE INDEX django_celery_results_taskresult_task_id_de0d95bf_like
        ON django_celery_results_taskresult (task_id varchar_pattern_ops);
END IF;

IF to_regclass('django_celery_results_chordcounter') IS NULL THEN
    CREATE TABLE django_celery_results_chordcounter (
        id serial PRIMARY KEY,
        group_id varchar(255) NOT NULL CONSTRAINT django_celery_results_chordcounter_group_id_key UNIQUE,
        sub_tasks text NOT NULL,
        count integer NOT NULL,
        CONSTRAINT django_celery_results_chordcounter_count_check CHECK (count >= 0)
    );
    CREATE INDEX django_celery_results_chordcounter_group_id_1f70858c_like
        ON django_celery_results_chordcounter (group_id varchar_pattern_ops);
END IF;

IF to_regclass('django_celery_results_groupresult') IS NULL THEN
    CREATE TABLE django_celery_results_groupresult (
        id serial PRIMARY KEY,
        group_id varchar(255) NOT NULL CONSTRAINT django_celery_results_groupresult_group_id_key UNIQUE,
        date_created timestamptz NOT NULL,
        date_done timestamptz NOT NULL,
        content_type varchar(128) NOT NULL,
        content_encoding varchar(64) NOT NULL,
        result text
    );
    CREATE INDEX django_cele_date_cr_bd6c1d_idx ON django_celery_results_groupresult (date_created);
    CREATE INDEX django_cele_date_do_caae0e_idx ON django_celery_results_groupresult (date_done);
    CREATE INDEX django_celery_results_groupresult_group_id_a085f1a9_like
        ON django_celery_results_groupresult (group_id varchar_pattern_ops);
END IF;

END
$migration$;
