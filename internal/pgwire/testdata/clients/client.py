"""Reads a database as BI tools on SQLAlchemy do: reflection first, then rows."""
import sys

import sqlalchemy as sa

engine = sa.create_engine(sys.argv[1])
inspector = sa.inspect(engine)
print("schemas:", inspector.get_schema_names(), inspector.default_schema_name)
print("columns:", [(c["name"], str(c["type"])) for c in inspector.get_columns("order_lines")][:4])
print("keys:", inspector.get_pk_constraint("events")["constrained_columns"], inspector.get_foreign_keys("events"), inspector.get_indexes("events"))
print("comment:", inspector.get_table_comment("events")["text"])
print("views:", inspector.get_view_names(), inspector.has_table("events"), inspector.has_table("nothing"))
metadata = sa.MetaData()
metadata.reflect(bind=engine)
print("tables:", sorted(metadata.tables))
events = metadata.tables["events"]
with engine.connect() as connection:
    print("aggregate:", connection.execute(sa.select(sa.func.count(), sa.func.sum(events.c.amount)).where(events.c.event_time < sa.func.now())).all())
    print("parameters:", connection.execute(sa.text("SELECT :a + 1, :b"), {"a": 1, "b": "x"}).all())
    print("rows:", len(connection.execute(events.select()).all()))
