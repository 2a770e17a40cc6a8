"""A fingerprint of what is defined in a database: tables, columns, triggers, functions, settings; not the rows."""

from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, spelled like a function by psycopg2

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

# A catalogue row that was changed carries another `xmin`; one that was dropped or added changes the list.
_FINGERPRINT = f"""
    WITH relation AS (
        SELECT c.oid, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}
    ), definition (kind, id, version) AS (
        SELECT 'relation', oid::text, xmin FROM relation
        UNION ALL SELECT 'column', a.attrelid || '.' || a.attnum, a.xmin
                    FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
        UNION ALL SELECT 'default', d.oid::text, d.xmin FROM pg_attrdef d JOIN relation r ON r.oid = d.adrelid
        UNION ALL SELECT 'trigger', t.oid::text, t.xmin FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid
        UNION ALL SELECT 'rule', w.oid::text, w.xmin FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class
        UNION ALL SELECT 'policy', p.oid::text, p.xmin FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
        UNION ALL SELECT 'constraint', k.oid::text, k.xmin
                    FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {_OURS}
        UNION ALL SELECT 'function', f.oid::text, f.xmin
                    FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE {_OURS}
        UNION ALL SELECT 'type', t.oid::text, t.xmin
                    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {_OURS}
        UNION ALL SELECT 'label', e.oid::text, e.xmin FROM pg_enum e
        UNION ALL SELECT 'schema', n.oid::text, n.xmin FROM pg_namespace n WHERE {_OURS}
        UNION ALL SELECT 'database', d.oid::text, d.xmin FROM pg_database d WHERE d.datname = current_database()
        UNION ALL SELECT 'setting', s.setrole::text, s.xmin
                    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database()
    )
    SELECT md5(string_agg(kind || ' ' || id || ' ' || version, ',' ORDER BY kind, id)) FROM definition
"""  # noqa: S608 - put together from this file's own constants


def fingerprint(connection: Connection) -> str:
    """A text that changes with any definition in the database and with the database's own settings."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        (found,) = cursor.fetchone() or ("",)
    return str(found)
