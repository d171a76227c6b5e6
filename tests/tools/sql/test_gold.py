"""Queries of every capability against SQL written by hand, on the demo company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from policy.roles import Principal, Role
from tools.sql.query import (
    Aggregate,
    Filter,
    Grain,
    Grouping,
    Having,
    Measure,
    Op,
    Order,
    Period,
    Query,
    Related,
    Segment,
    TimeWindow,
)
from tools.sql.reader import SqlReader

ADMIN, CLIENT, TECHNICIAN = Role.ADMIN, Role.CLIENT, Role.TECHNICIAN
COUNT = Measure(Aggregate.COUNT)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1), "este mes")
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), "el mes pasado")
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1), "este año")
OPEN = "i.status IN ('requested', 'scheduled', 'in_progress')"
FOLD = "translate(lower({}), 'áéíóúüñ', 'aeiouun')"


def total(field: str, **more: Any) -> Measure:
    return Measure(Aggregate.SUM, field, **more)


def eq(field: str, *values: Any) -> Filter:
    return Filter(field, Op.EQ, values)


def by(*fields: str) -> tuple[Grouping, ...]:
    return tuple(Grouping(field) for field in fields)


@dataclass(frozen=True)
class Gold:
    """A query, the SQL that says the same, and whether the order of its rows counts."""

    name: str
    query: Query
    sql: str
    role: Role = ADMIN
    ordered: bool = False


MOST_FIRST = (Order(measure=0, descending=True),)
GOLD = [
    # counts
    Gold("count", Query("client", measures=(COUNT,)), "SELECT count(*) FROM clients"),
    Gold("count_enum", Query("equipment", measures=(COUNT,), filters=(eq("product.category", "boiler"),)),
         "SELECT count(*) FROM installed_equipment e JOIN products p USING (product_id) WHERE p.category = 'boiler'"),
    Gold("count_group_of_enum", Query("equipment", measures=(COUNT,),
         filters=(Filter("product.category", Op.IN, ("split", "vrf")), eq("city", "madrid"))),
         "SELECT count(*) FROM installed_equipment e JOIN products p USING (product_id) "
         "WHERE p.category IN ('split', 'vrf') AND e.city = 'Madrid'"),
    Gold("count_window_timestamp", Query("intervention", measures=(COUNT,), window=TimeWindow(NOVEMBER)),
         "SELECT count(*) FROM interventions WHERE (scheduled_at AT TIME ZONE 'Europe/Madrid')::date "
         "BETWEEN '2026-11-01' AND '2026-11-30'"),
    Gold("count_window_date", Query("equipment", measures=(COUNT,), window=TimeWindow(YEAR)),
         "SELECT count(*) FROM installed_equipment WHERE extract(year FROM installed_on) = 2026"),
    Gold("count_window_open_end", Query("order", measures=(COUNT,), window=TimeWindow(Period(date(2026, 6, 1), None))),
         "SELECT count(*) FROM orders WHERE ordered_at >= '2026-06-01 00:00 Europe/Madrid'"),
    Gold("count_window_named_field",
         Query("contract", measures=(COUNT,), window=TimeWindow(NOVEMBER, "ends_on")),
         "SELECT count(*) FROM contracts WHERE ends_on BETWEEN '2026-11-01' AND '2026-11-30'"),
    Gold("count_distinct_key", Query("intervention", measures=(Measure(Aggregate.COUNT_DISTINCT, "client.name"),),
         window=TimeWindow(NOVEMBER)),
         "SELECT count(DISTINCT client_id) FROM interventions "
         "WHERE scheduled_at >= '2026-11-01 00:00 Europe/Madrid' AND scheduled_at < '2026-12-01 00:00 Europe/Madrid'"),
    Gold("count_distinct_value", Query("client", measures=(Measure(Aggregate.COUNT_DISTINCT, "city"),)),
         "SELECT count(DISTINCT city) FROM clients"),
    # segments
    Gold("open", Query("intervention", measures=(COUNT,), segments=(Segment("open"),)),
         f"SELECT count(*) FROM interventions i WHERE {OPEN}"),
    Gold("not_open", Query("intervention", measures=(COUNT,), segments=(Segment("open", negated=True),)),
         f"SELECT count(*) FROM interventions i WHERE NOT {OPEN}"),
    Gold("overdue", Query("intervention", measures=(COUNT,), segments=(Segment("overdue"),)),
         "SELECT count(*) FROM interventions WHERE status IN ('requested', 'scheduled') "
         "AND scheduled_at < '2026-11-18 10:00 Europe/Madrid'"),
    Gold("upcoming_soonest_first", Query("intervention", select=("number",), segments=(Segment("upcoming"),), limit=5),
         "SELECT intervention_id FROM interventions WHERE status IN ('requested', 'scheduled') AND scheduled_at >= "
         "'2026-11-18 10:00 Europe/Madrid' ORDER BY scheduled_at, intervention_id LIMIT 5", ordered=True),
    Gold("unassigned", Query("intervention", measures=(COUNT,), segments=(Segment("unassigned"),)),
         f"SELECT count(*) FROM interventions i WHERE technician_id IS NULL AND {OPEN}"),
    Gold("closed_in_month", Query("intervention", measures=(COUNT,), segments=(Segment("closed"),),
         window=TimeWindow(OCTOBER)),
         "SELECT count(*) FROM interventions WHERE status = 'completed' AND completed_at >= "
         "'2026-10-01 00:00 Europe/Madrid' AND completed_at < '2026-11-01 00:00 Europe/Madrid'"),
    Gold("expiring_by_default", Query("contract", measures=(COUNT,), segments=(Segment("expiring"),)),
         "SELECT count(*) FROM contracts WHERE ends_on BETWEEN '2026-11-18' AND '2026-12-18' AND cancelled_on IS NULL"),
    Gold("expiring_next_quarter", Query("contract", measures=(COUNT,), segments=(Segment("expiring"),),
         window=TimeWindow(Period(date(2027, 1, 1), date(2027, 4, 1)))),
         "SELECT count(*) FROM contracts WHERE ends_on BETWEEN '2027-01-01' AND '2027-03-31' AND cancelled_on IS NULL"),
    Gold("expired", Query("contract", measures=(COUNT,), segments=(Segment("expired"),)),
         "SELECT count(*) FROM contracts WHERE ends_on < '2026-11-18' AND cancelled_on IS NULL"),
    Gold("active_warranties", Query("contract", measures=(COUNT,), segments=(Segment("active"), Segment("warranty"))),
         "SELECT count(*) FROM contracts WHERE '2026-11-18' BETWEEN starts_on AND ends_on AND cancelled_on IS NULL "
         "AND service_type IN ('warranty', 'extended_warranty')"),
    Gold("below_minimum", Query("stock", measures=(COUNT,), segments=(Segment("below_minimum"),)),
         "SELECT count(*) FROM stock WHERE quantity < minimum"),
    Gold("under_warranty", Query("equipment", measures=(COUNT,), segments=(Segment("under_warranty"),)),
         "SELECT count(*) FROM installed_equipment e WHERE EXISTS (SELECT 1 FROM contracts k "
         "WHERE k.equipment_id = e.equipment_id AND k.service_type IN ('warranty', 'extended_warranty') "
         "AND '2026-11-18' BETWEEN k.starts_on AND k.ends_on AND k.cancelled_on IS NULL)"),
    Gold("out_of_warranty", Query("equipment", measures=(COUNT,), segments=(Segment("out_of_warranty"),)),
         "SELECT count(*) FROM installed_equipment e WHERE NOT EXISTS (SELECT 1 FROM contracts k "
         "WHERE k.equipment_id = e.equipment_id AND k.service_type IN ('warranty', 'extended_warranty') "
         "AND '2026-11-18' BETWEEN k.starts_on AND k.ends_on AND k.cancelled_on IS NULL)"),
    Gold("pending_questions", Query("unanswered_question", measures=(COUNT,), segments=(Segment("pending"),)),
         "SELECT count(*) FROM knowledge_feedback WHERE status = 'pending'"),
    # sums, averages, extremes, durations
    Gold("sum_column", Query("order", measures=(total("total"),), window=TimeWindow(YEAR)),
         "SELECT sum(total) FROM orders WHERE extract(year FROM ordered_at AT TIME ZONE 'Europe/Madrid') = 2026"),
    Gold("sum_of_nothing", Query("order", measures=(total("total"),), filters=(eq("number", 999999),)), "SELECT NULL"),
    Gold("avg_duration", Query("intervention", measures=(Measure(Aggregate.AVG, "duration_hours"),)),
         "SELECT avg(extract(epoch FROM completed_at - started_at) / 3600) FROM interventions"),
    Gold("avg_days_mixed", Query("order", measures=(Measure(Aggregate.AVG, "delivery_days"),)),
         "SELECT avg(delivered_on - (ordered_at AT TIME ZONE 'Europe/Madrid')::date) FROM orders"),
    Gold("min_max", Query("product", measures=(Measure(Aggregate.MIN, "price"), Measure(Aggregate.MAX, "price")),
         filters=(eq("category", "split"),)), "SELECT min(price), max(price) FROM products WHERE category = 'split'"),
    Gold("max_date", Query("equipment", measures=(Measure(Aggregate.MAX, "installed_on"),)),
         "SELECT max(installed_on) FROM installed_equipment"),
    Gold("days_left", Query("contract", select=("number", "days_left"), segments=(Segment("active"),), limit=20),
         "SELECT contract_id, ends_on - date '2026-11-18' FROM contracts WHERE cancelled_on IS NULL AND '2026-11-18' "
         "BETWEEN starts_on AND ends_on ORDER BY ends_on, contract_id LIMIT 20", ordered=True),
    Gold("product_of_columns", Query("stock", measures=(total("value"),), group_by=by("warehouse.name")),
         "SELECT w.name, sum(s.quantity * p.price) FROM stock s JOIN products p USING (product_id) "
         "JOIN warehouses w USING (warehouse_id) GROUP BY 1"),
    Gold("difference", Query("stock", measures=(total("shortfall"),), segments=(Segment("below_minimum"),)),
         "SELECT sum(minimum - quantity) FROM stock WHERE quantity < minimum"),
    Gold("filter_on_duration", Query("intervention", measures=(COUNT,),
         filters=(Filter("duration_hours", Op.GT, (4,)),)),
         "SELECT count(*) FROM interventions WHERE completed_at - started_at > interval '4 hours'"),
    # fan-out: what belongs to a joined row counts once
    Gold("sum_of_parent", Query("order_item", measures=(total("order.total"), total("amount"), COUNT)),
         "SELECT (SELECT sum(total) FROM orders o WHERE EXISTS (SELECT 1 FROM order_items i "
         "WHERE i.order_id = o.order_id)), (SELECT sum(amount) FROM order_items), (SELECT count(*) FROM order_items)"),
    Gold("sum_of_parent_by_group", Query("order_item", measures=(total("order.total"),),
         group_by=by("product.category")),
         "SELECT category, sum(total) FROM (SELECT DISTINCT p.category, o.order_id, o.total FROM order_items i "
         "JOIN orders o USING (order_id) JOIN products p USING (product_id)) q GROUP BY 1"),
    Gold("sum_of_parent_filtered", Query("order_item",
         measures=(total("order.total", filters=(eq("product.category", "spare_part"),)),)),
         "SELECT sum(total) FROM orders o WHERE EXISTS (SELECT 1 FROM order_items i JOIN products p USING (product_id) "
         "WHERE i.order_id = o.order_id AND p.category = 'spare_part')"),
    Gold("avg_of_parent", Query("intervention", measures=(Measure(Aggregate.AVG, "equipment.age_days"),)),
         "SELECT avg(date '2026-11-18' - installed_on) FROM installed_equipment e "
         "WHERE EXISTS (SELECT 1 FROM interventions i WHERE i.equipment_id = e.equipment_id)"),
    # shares and filtered measures
    Gold("share_of_groups", Query("equipment", measures=(Measure(Aggregate.COUNT, share=True),),
         group_by=by("product.category")),
         "SELECT p.category, count(*)::numeric / (SELECT count(*) FROM installed_equipment) "
         "FROM installed_equipment e JOIN products p USING (product_id) GROUP BY 1"),
    Gold("share_of_sum", Query("order", measures=(total("total", share=True),), group_by=by("status")),
         "SELECT status, sum(total) / (SELECT sum(total) FROM orders) FROM orders GROUP BY 1"),
    Gold("rate", Query("intervention", measures=(Measure(Aggregate.COUNT, share=True, segments=(Segment("urgent"),)),)),
         "SELECT count(*) FILTER (WHERE priority = 'urgent')::numeric / count(*) FROM interventions"),
    Gold("rate_by_group", Query("intervention", group_by=by("kind"),
         measures=(Measure(Aggregate.COUNT, share=True, filters=(eq("priority", "high"),)),)),
         "SELECT kind, count(*) FILTER (WHERE priority = 'high')::numeric / count(*) FROM interventions GROUP BY 1"),
    Gold("share_with_having", Query("equipment", measures=(Measure(Aggregate.COUNT, share=True),),
         group_by=by("product.category"), having=(Having(0, Op.GT, Decimal("0.2")),)),
         "SELECT p.category, count(*)::numeric / 500 FROM installed_equipment e JOIN products p USING (product_id) "
         "GROUP BY 1 HAVING count(*)::numeric / 500 > 0.2"),
    Gold("two_values", Query("intervention", measures=(
         Measure(Aggregate.COUNT, filters=(eq("kind", "repair"),)),
         Measure(Aggregate.COUNT, filters=(eq("kind", "maintenance"),)))),
         "SELECT count(*) FILTER (WHERE kind = 'repair'), count(*) FILTER (WHERE kind = 'maintenance') FROM "
         "interventions"),
    # groups
    Gold("ranking", Query("intervention", measures=(COUNT,), group_by=by("technician.name"),
         segments=(Segment("open"),),
         order=MOST_FIRST, limit=5),
         f"SELECT t.name, count(*) FROM interventions i JOIN technicians t USING (technician_id) WHERE {OPEN} "
         f"GROUP BY t.technician_id, t.name ORDER BY 2 DESC, {FOLD.format('t.name')} LIMIT 5", ordered=True),
    Gold("fewest_first_counts_those_with_none",
         Query("contract", measures=(COUNT,), group_by=by("client.name"), order=(Order(measure=0),), limit=100,
         filters=(eq("service_type", "warranty"),)),
         "SELECT c.name, count(k.contract_id) FROM clients c LEFT JOIN contracts k ON k.client_id = c.client_id AND "
         f"k.service_type = 'warranty' GROUP BY c.client_id, c.name ORDER BY 2, {FOLD.format('c.name')} LIMIT 100",
         ordered=True),
    Gold("fewer_than_counts_those_with_none", Query("intervention", measures=(COUNT,), group_by=by("technician.name"),
         window=TimeWindow(NOVEMBER), segments=(Segment("urgent"),), having=(Having(0, Op.LT, Decimal(1)),),
         filters=(eq("technician.zone", "Madrid"),)),
         "SELECT name, 0 FROM technicians t WHERE active AND assigned_zone = 'Madrid' AND NOT EXISTS (SELECT 1 FROM "
         "interventions i WHERE i.technician_id = t.technician_id AND priority = 'urgent' AND date_trunc('month', "
         "scheduled_at AT TIME ZONE 'Europe/Madrid') = '2026-11-01')"),
    Gold("fewest_among_those_at_work", Query("intervention", measures=(COUNT,), group_by=by("technician.name"),
         segments=(Segment("open"),), order=(Order(measure=0),)),
         "SELECT t.name, count(i.intervention_id) FROM technicians t LEFT JOIN interventions i ON "
         f"i.technician_id = t.technician_id AND {OPEN} GROUP BY t.technician_id, t.name, t.active "
         "HAVING t.active OR count(i.intervention_id) > 0"),
    Gold("groups_keep_the_unnamed", Query("intervention", measures=(COUNT,), group_by=by("technician.name")),
         "SELECT t.name, count(*) FROM interventions i LEFT JOIN technicians t USING (technician_id) "
         "GROUP BY t.technician_id, t.name"),
    Gold("by_month", Query("intervention", measures=(COUNT,), group_by=(Grouping("completed_at", Grain.MONTH),),
         segments=(Segment("closed"),)),
         "SELECT date_trunc('month', completed_at AT TIME ZONE 'Europe/Madrid')::date, count(*) FROM interventions "
         "WHERE status = 'completed' GROUP BY 1 ORDER BY 1", ordered=True),
    Gold("by_year_of_date", Query("equipment", measures=(COUNT,), group_by=(Grouping("installed_on", Grain.YEAR),)),
         "SELECT extract(year FROM installed_on)::int, count(*) FROM installed_equipment GROUP BY 1"),
    Gold("by_weekday", Query("order", measures=(COUNT,), group_by=(Grouping("ordered_at", Grain.WEEKDAY),)),
         "SELECT extract(isodow FROM ordered_at AT TIME ZONE 'Europe/Madrid')::int, count(*) FROM orders GROUP BY 1"),
    Gold("by_quarter", Query("contract", measures=(total("annual_price"),),
         group_by=(Grouping("starts_on", Grain.QUARTER),)),
         "SELECT date_trunc('quarter', starts_on::timestamp)::date, sum(annual_price) FROM contracts GROUP BY 1"),
    Gold("by_week", Query("conversation", measures=(COUNT,), group_by=(Grouping("started_at", Grain.WEEK),)),
         "SELECT date_trunc('week', started_at AT TIME ZONE 'Europe/Madrid')::date, count(*) FROM chat_sessions "
         "GROUP BY 1"),
    Gold("two_groups", Query("intervention", measures=(COUNT,), group_by=by("kind", "status")),
         "SELECT kind, status, count(*) FROM interventions GROUP BY 1, 2"),
    Gold("having", Query("intervention", measures=(COUNT,), group_by=by("client.name"),
         having=(Having(0, Op.GE, Decimal(40)),)),
         "SELECT c.name, count(*) FROM interventions JOIN clients c USING (client_id) GROUP BY c.client_id, c.name "
         "HAVING count(*) >= 40"),
    Gold("having_second_measure", Query("order", measures=(COUNT, total("total")), group_by=by("client.city"),
         having=(Having(1, Op.GT, Decimal(20000)),)),
         "SELECT c.city, count(*), sum(o.total) FROM orders o JOIN clients c USING (client_id) GROUP BY 1 "
         "HAVING sum(o.total) > 20000"),
    Gold("top_in_each_group", Query("intervention", measures=(COUNT,), group_by=by("zone", "technician.name"),
         order=MOST_FIRST, limit=1, limit_per="zone"),
         "SELECT zone, name, n FROM (SELECT z.zone, t.name, count(*) n, row_number() OVER (PARTITION BY z.zone "
         f"ORDER BY count(*) DESC, {FOLD.format('t.name')}) r FROM (SELECT i.technician_id, coalesce(e.zone, c.zone) "
         "zone FROM interventions i JOIN clients c USING (client_id) LEFT JOIN installed_equipment e "
         "ON e.equipment_id = i.equipment_id) z JOIN technicians t USING (technician_id) GROUP BY z.zone, "
         "t.technician_id, t.name) q WHERE r = 1"),
    Gold("through_paths", Query("intervention", measures=(COUNT,), filters=(eq("city", "Zaragoza"),)),
         "SELECT count(*) FROM interventions i JOIN clients c USING (client_id) LEFT JOIN installed_equipment e "
         "ON e.equipment_id = i.equipment_id WHERE coalesce(e.city, c.city) = 'Zaragoza'"),
    # comparisons of periods
    Gold("compare", Query("intervention", measures=(COUNT, Measure(Aggregate.AVG, "duration_hours")),
         compare=(TimeWindow(OCTOBER), TimeWindow(NOVEMBER))),
         "SELECT 'el mes pasado', count(*), avg(extract(epoch FROM completed_at - started_at) / 3600) "
         "FROM interventions WHERE date_trunc('month', scheduled_at AT TIME ZONE 'Europe/Madrid') = '2026-10-01' "
         "UNION ALL SELECT 'este mes', count(*), avg(extract(epoch FROM completed_at - started_at) / 3600) "
         "FROM interventions WHERE date_trunc('month', scheduled_at AT TIME ZONE 'Europe/Madrid') = '2026-11-01'",
         ordered=True),
    Gold("compare_with_an_empty_one", Query("order", measures=(COUNT,), compare=(
         TimeWindow(Period(date(1990, 1, 1), date(1991, 1, 1), "1990")), TimeWindow(YEAR))),
         "SELECT '1990', 0 UNION ALL SELECT 'este año', count(*) FROM orders "
         "WHERE extract(year FROM ordered_at AT TIME ZONE 'Europe/Madrid') = 2026", ordered=True),
    Gold("compare_groups", Query("intervention", measures=(COUNT,), group_by=by("kind"),
         compare=(TimeWindow(OCTOBER), TimeWindow(NOVEMBER))),
         "SELECT CASE extract(month FROM scheduled_at AT TIME ZONE 'Europe/Madrid') WHEN 10 THEN 'el mes pasado' "
         "ELSE 'este mes' END, kind, count(*) FROM interventions WHERE date_trunc('month', scheduled_at AT TIME ZONE "
         "'Europe/Madrid') IN ('2026-10-01', '2026-11-01') GROUP BY 1, 2"),
    # related rows
    Gold("absence", Query("client", select=("name",), related=(
         Related("intervention", "client", negated=True, window=TimeWindow(YEAR)),)),
         "SELECT name FROM clients c WHERE NOT EXISTS (SELECT 1 FROM interventions i WHERE i.client_id = c.client_id "
         "AND extract(year FROM i.scheduled_at AT TIME ZONE 'Europe/Madrid') = 2026)"),
    Gold("existence_with_filter", Query("client", measures=(COUNT,), related=(
         Related("equipment", "client", filters=(eq("product.category", "lift"),)),)),
         "SELECT count(*) FROM clients c WHERE EXISTS (SELECT 1 FROM installed_equipment e JOIN products p "
         "USING (product_id) WHERE e.client_id = c.client_id AND p.category = 'lift')"),
    Gold("existence_with_segments", Query("client", measures=(COUNT,), related=(
         Related("contract", "client", segments=(Segment("active"), Segment("maintenance"))),)),
         "SELECT count(*) FROM clients c WHERE EXISTS (SELECT 1 FROM contracts k WHERE k.client_id = c.client_id AND "
         "k.service_type IN ('preventive_maintenance', 'full_maintenance') AND k.cancelled_on IS NULL "
         "AND '2026-11-18' BETWEEN k.starts_on AND k.ends_on)"),
    Gold("existence_two_steps_away", Query("product", measures=(COUNT,), related=(
         Related("intervention", "equipment.product", filters=(eq("kind", "repair"),)),)),
         "SELECT count(*) FROM products p WHERE EXISTS (SELECT 1 FROM interventions i JOIN installed_equipment e "
         "USING (equipment_id) WHERE e.product_id = p.product_id AND i.kind = 'repair')"),
    Gold("two_relations", Query("client", measures=(COUNT,), related=(
         Related("equipment", "client"), Related("contract", "client", negated=True))),
         "SELECT count(*) FROM clients c WHERE c.client_id IN (SELECT client_id FROM installed_equipment) "
         "AND c.client_id NOT IN (SELECT client_id FROM contracts)"),
    # lists
    Gold("list_ordered", Query("product", select=("sku", "price"), filters=(eq("category", "boiler"),),
         order=(Order("price", descending=True),)),
         "SELECT sku, price FROM products WHERE category = 'boiler' ORDER BY price DESC, product_id DESC",
         ordered=True),
    Gold("spanish_order", Query("technician", select=("name",)),
         f"SELECT name FROM technicians ORDER BY {FOLD.format('name')}", ordered=True),
    Gold("last_one", Query("order", select=("number",), limit=1),
         "SELECT order_id FROM orders ORDER BY ordered_at DESC, order_id DESC LIMIT 1", ordered=True),
    Gold("distinct", Query("equipment", select=("city",), distinct=True),
         "SELECT DISTINCT city FROM installed_equipment"),
    Gold("distinct_by_unseen_order", Query("intervention", select=("client.name",), distinct=True, limit=3,
         order=(Order("scheduled_at", descending=True),)),
         "SELECT c.name FROM interventions i JOIN clients c USING (client_id) GROUP BY c.name "
         "ORDER BY max(scheduled_at) DESC NULLS LAST LIMIT 3", ordered=True),
    Gold("last_in_each_group", Query("intervention", select=("technician.name", "number"), limit=2,
         limit_per="technician.name", filters=(Filter("technician.number", Op.NOT_NULL),),
         order=(Order("scheduled_at", descending=True),)),
         "SELECT name, intervention_id FROM (SELECT t.name, i.intervention_id, row_number() OVER (PARTITION BY "
         "t.technician_id ORDER BY i.scheduled_at DESC NULLS LAST, i.intervention_id DESC) r FROM interventions i "
         "JOIN technicians t USING (technician_id)) q WHERE r <= 2"),
    Gold("exists", Query("stock", select=("quantity",), exists=True, segments=(Segment("available"),),
         filters=(eq("product.sku", "xp400"), eq("warehouse.city", "MADRID"))),
         "SELECT quantity FROM stock JOIN products USING (product_id) JOIN warehouses w USING (warehouse_id) "
         "WHERE sku = 'XP400' AND w.city = 'Madrid' AND quantity > 0"),
    # filters
    Gold("contains", Query("client", select=("name",), filters=(Filter("name", Op.CONTAINS, ("garcia",)),)),
         f"SELECT name FROM clients WHERE {FOLD.format('name')} LIKE '%garcia%'"),
    Gold("contains_literally", Query("client", measures=(COUNT,), filters=(Filter("name", Op.CONTAINS, ("%",)),)),
         "SELECT count(*) FROM clients WHERE strpos(name, '%') > 0"),
    Gold("accents_and_case", Query("client", measures=(COUNT,), filters=(eq("city", "ALCALA de henares"),)),
         "SELECT count(*) FROM clients WHERE city = 'Alcalá de Henares'"),
    Gold("between_dates", Query("equipment", measures=(COUNT,),
         filters=(Filter("installed_on", Op.BETWEEN, (date(2025, 2, 1), date(2025, 2, 28))),)),
         "SELECT count(*) FROM installed_equipment WHERE installed_on BETWEEN '2025-02-01' AND '2025-02-28'"),
    Gold("between_days_of_instants", Query("order", measures=(COUNT,),
         filters=(Filter("ordered_at", Op.BETWEEN, ("2026-03-01", "2026-03-31")),)),
         "SELECT count(*) FROM orders WHERE (ordered_at AT TIME ZONE 'Europe/Madrid')::date "
         "BETWEEN '2026-03-01' AND '2026-03-31'"),
    Gold("on_a_day", Query("intervention", measures=(COUNT,), filters=(eq("scheduled_at", date(2026, 11, 18)),)),
         "SELECT count(*) FROM interventions WHERE (scheduled_at AT TIME ZONE 'Europe/Madrid')::date = '2026-11-18'"),
    Gold("after_a_day", Query("intervention", measures=(COUNT,), filters=(Filter("scheduled_at", Op.GT,
         ("2026-11-18",)),)),
         "SELECT count(*) FROM interventions WHERE (scheduled_at AT TIME ZONE 'Europe/Madrid')::date > '2026-11-18'"),
    Gold("is_not_keeps_the_empty", Query("intervention", measures=(COUNT,),
         filters=(Filter("technician.number", Op.NE, (1,)),)),
         "SELECT count(*) FROM interventions WHERE technician_id IS DISTINCT FROM 1"),
    Gold("not_in", Query("client", measures=(COUNT,), filters=(Filter("zone", Op.NOT_IN, ("madrid", "Valencia")),)),
         "SELECT count(*) FROM clients WHERE zone NOT IN ('Madrid', 'Valencia')"),
    Gold("number_as_text", Query("product", measures=(COUNT,), filters=(Filter("price", Op.LE, ("500",)),)),
         "SELECT count(*) FROM products WHERE price <= 500"),
    Gold("column_with_column", Query("stock", measures=(COUNT,), filters=(Filter("quantity", Op.GE, ("@minimum",)),)),
         "SELECT count(*) FROM stock WHERE quantity >= minimum"),
    Gold("json_number", Query("product", select=("sku",), filters=(Filter("power_kw", Op.GT, (10,)),)),
         "SELECT sku FROM products WHERE (specs ->> 'power_kw')::numeric > 10"),
    Gold("json_text", Query("equipment", measures=(COUNT,), filters=(eq("product.refrigerant", "r32"),)),
         "SELECT count(*) FROM installed_equipment JOIN products USING (product_id) WHERE specs ->> "
         "'refrigerant' = 'R32'"),
    Gold("enum_in_order", Query("intervention", measures=(COUNT,), filters=(Filter("priority", Op.GE, ("high",)),)),
         "SELECT count(*) FROM interventions WHERE priority IN ('high', 'urgent')"),
    Gold("empty", Query("order", measures=(COUNT,), filters=(Filter("delivered_on", Op.IS_NULL),)),
         "SELECT count(*) FROM orders WHERE delivered_on IS NULL"),
    # what each role reaches
    Gold("client_own", Query("contract", select=("service_type", "ends_on")),
         "SELECT service_type, ends_on FROM contracts WHERE client_id = 1", CLIENT),
    Gold("client_whose_technician", Query("intervention", select=("technician.name",), distinct=True),
         "SELECT DISTINCT t.name FROM interventions i LEFT JOIN technicians t USING (technician_id) WHERE "
         "i.client_id = 1",
         CLIENT),
    Gold("client_names_nobody_else", Query("client", select=("name", "phone")),
         "SELECT name, phone_number FROM clients WHERE client_id = 1", CLIENT),
    Gold("technician_own", Query("intervention", measures=(COUNT,), window=TimeWindow(NOVEMBER)),
         "SELECT count(*) FROM interventions WHERE technician_id = 1 AND date_trunc('month', scheduled_at AT TIME ZONE "
         "'Europe/Madrid') = '2026-11-01'", TECHNICIAN),
    Gold("technician_contacts", Query("client", select=("name", "phone")),
         "SELECT c.name, CASE WHEN EXISTS (SELECT 1 FROM interventions i WHERE i.client_id = c.client_id AND "
         "i.technician_id = 1) THEN c.phone_number END FROM clients c WHERE c.zone = (SELECT assigned_zone FROM "
         "technicians WHERE technician_id = 1) OR EXISTS (SELECT 1 FROM interventions i WHERE "
         "i.client_id = c.client_id AND i.technician_id = 1)", TECHNICIAN),
    Gold("technician_model_in_city", Query("equipment", measures=(COUNT,),
         filters=(eq("product.sku", "XP400"), eq("city", "zaragoza"))),
         "SELECT count(*) FROM installed_equipment e JOIN products p USING (product_id) WHERE p.sku = 'XP400' AND "
         "e.city = 'Zaragoza' AND (e.zone = (SELECT assigned_zone FROM technicians WHERE technician_id = 1) OR EXISTS "
         "(SELECT 1 FROM interventions i WHERE i.equipment_id = e.equipment_id AND i.technician_id = 1))", TECHNICIAN),
]  # fmt: skip


def plain(value: object) -> object:
    if isinstance(value, Decimal | float):
        return round(float(value), 6)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


@pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.name)
async def test_same_as_by_hand(
    gold: Gold, reader: SqlReader, engine: Engine, principals: Mapping[Role, Principal]
) -> None:
    rows = await reader.run(gold.query, principals[gold.role])
    with engine.connect() as connection:
        wanted = connection.execute(text(gold.sql.replace(":", r"\:"))).all()
    got = [tuple(map(plain, row)) for row in rows.rows]
    expected = [tuple(map(plain, row)) for row in wanted]
    if not gold.ordered:
        got, expected = sorted(got, key=repr), sorted(expected, key=repr)
    assert len(expected) <= 200, "the gold answer must fit under the cap"
    assert got == expected
    assert not rows.truncated


def test_the_table_is_wide_enough() -> None:
    assert len(GOLD) >= 60
    assert len({gold.name for gold in GOLD}) == len(GOLD)
