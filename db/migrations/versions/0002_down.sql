DO $$
DECLARE p record; t record;
BEGIN
  DROP VIEW IF EXISTS public.client_contacts;
  FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON public.%I', p.policyname, p.tablename);
  END LOOP;
  FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity LOOP
    EXECUTE format('ALTER TABLE public.%I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', t.relname);
  END LOOP;
END $$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM cuadrilla_client, cuadrilla_technician, cuadrilla_admin, cuadrilla_guest;
REVOKE ALL ON SCHEMA public FROM cuadrilla_client, cuadrilla_technician, cuadrilla_admin, cuadrilla_guest;
DROP SCHEMA gate CASCADE;
