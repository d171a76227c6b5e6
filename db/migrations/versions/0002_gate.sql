-- Logins of the agents: members of nothing, owners of nothing. Roles belong to the cluster, so they may exist already.
DO $$
DECLARE reader text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cuadrilla_gate') THEN
    CREATE ROLE cuadrilla_gate NOLOGIN NOINHERIT;
  END IF;
  FOREACH reader IN ARRAY ARRAY['cuadrilla_client', 'cuadrilla_technician', 'cuadrilla_admin', 'cuadrilla_guest'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT NOBYPASSRLS CONNECTION LIMIT 40', reader);
    END IF;
    IF (SELECT coalesce(array_to_string(rolconfig, ' '), '') NOT LIKE '%statement_timeout%'
        FROM pg_roles WHERE rolname = reader) THEN
      EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5s''', reader);
      EXECUTE format('ALTER ROLE %I SET lock_timeout = ''1s''', reader);
      EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''30s''', reader);
      EXECUTE format('ALTER ROLE %I SET work_mem = ''8MB''', reader);
      EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', reader);
      EXECUTE format('ALTER ROLE %I SET max_parallel_workers_per_gather = 0', reader);
      EXECUTE format('ALTER ROLE %I SET jit = off', reader);
      EXECUTE format('ALTER ROLE %I SET search_path = public', reader);
      BEGIN
        EXECUTE format('ALTER ROLE %I SET temp_file_limit = ''256MB''', reader);
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE WARNING 'temp_file_limit of % is for a superuser to set', reader;
      END;
    END IF;
  END LOOP;
END $$;

CREATE SCHEMA gate;

-- HMAC pads of the key that signs identities; filled in by db.migrate, since a migration must not carry a secret.
CREATE TABLE gate.key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);
CREATE UNIQUE INDEX one_key ON gate.key ((true));

-- Who the signed token in app.ctx says is asking, if it was signed for this login, backend and transaction.
CREATE FUNCTION gate.principal(kind text) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  token text := current_setting('app.ctx', true);
  message text := split_part(token, '.', 1);
  pads gate.key;
  wanted text;
BEGIN
  IF token IS NULL OR split_part(message, ':', 1) IS DISTINCT FROM kind THEN
    RETURN NULL;
  END IF;
  SELECT * INTO pads FROM gate.key;
  wanted := encode(sha256(pads.outer_pad || sha256(pads.inner_pad || convert_to(
    message || '|' || session_user || '|' || pg_backend_pid() || '|'
    || (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint, 'UTF8'))), 'hex');
  IF wanted IS NULL OR split_part(token, '.', 2) IS DISTINCT FROM wanted THEN
    RETURN NULL;
  END IF;
  RETURN split_part(message, ':', 2)::integer;
END $$;
REVOKE ALL ON FUNCTION gate.principal(text) FROM PUBLIC;
