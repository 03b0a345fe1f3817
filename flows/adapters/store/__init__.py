"""The lead store: SQL functions in any Postgres, reached by asyncpg or by Supabase's REST interface."""
