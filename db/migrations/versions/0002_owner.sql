-- Hand the gate to an owner that cannot log in; the application keeps what it needs to renew the key.
-- On a shared cluster where that role is somebody else's, the gate stays with the application's login.
DO $$
BEGIN
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON gate.key TO %I', current_user);
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT cuadrilla_gate TO %I', current_user);
  END IF;
  GRANT CREATE, USAGE ON SCHEMA gate TO cuadrilla_gate;
  ALTER TABLE gate.key OWNER TO cuadrilla_gate;
  ALTER FUNCTION gate.principal(text) OWNER TO cuadrilla_gate;
  REVOKE CREATE ON SCHEMA gate FROM cuadrilla_gate;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'the gate stays with %: %', current_user, SQLERRM;
END $$;
