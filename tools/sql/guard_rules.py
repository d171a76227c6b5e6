"""What the guard lets through: node fields, functions, operators, types and bounds. What is not here is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Enum as SqlEnum

from db.models import Base


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_CHARS = 20_000
MAX_NODES = 20_000
"""Leaves of all expressions once PostgreSQL has inlined sub-queries and CTEs into one another."""
MAX_SELECTS = 60
MAX_CTES = 8
MAX_TABLES = 80
MAX_TARGETS = 80
MAX_CROSSED = 3
"""Sources of one FROM list that nothing joins."""
MAX_DEPTH = 40
MAX_LITERAL = 2_000
MAX_LIST = 1_000
MAX_SERIES = 5_000

FIELDS: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "SelectStmt": "distinct_clause target_list from_clause where_clause group_clause having_clause window_clause "
        "values_lists sort_clause limit_offset limit_count limit_option with_clause op all larg rarg",
        "ResTarget": "name val location",
        "ColumnRef": "fields location",
        "A_Const": "ival fval boolval sval isnull location",
        "A_Expr": "kind name lexpr rexpr rexpr_list_start rexpr_list_end location",
        "BoolExpr": "boolop args location",
        "NullTest": "arg nulltesttype location",
        "BooleanTest": "arg booltesttype location",
        "CaseExpr": "arg args defresult location",
        "CaseWhen": "expr result location",
        "CoalesceExpr": "args location",
        "MinMaxExpr": "op args location",
        "FuncCall": "funcname args agg_order agg_filter over agg_within_group agg_star agg_distinct "
        "funcformat location",
        "TypeCast": "arg type_name location",
        "TypeName": "names typmods typemod array_bounds location",
        "SubLink": "sub_link_type testexpr oper_name subselect location",
        "JoinExpr": "jointype larg rarg using_clause quals",
        "RangeVar": "schemaname relname inh relpersistence alias location",
        "RangeSubselect": "lateral subquery alias",
        "RangeFunction": "functions alias",
        "Alias": "aliasname colnames",
        "SortBy": "node sortby_dir sortby_nulls location",
        "WindowDef": "name refname partition_clause order_clause frame_options start_offset end_offset location",
        "WithClause": "ctes location",
        "CommonTableExpr": "ctename aliascolnames ctematerialized ctequery location",
        "GroupingSet": "kind content location",
        "List": "items",
        "A_ArrayExpr": "elements list_start list_end location",
        "RowExpr": "args row_format location",
        "SQLValueFunction": "op typmod location",
        "ParamRef": "number location",
    }.items()
}

AGGREGATES = _words("""count sum avg min max string_agg array_agg bool_and bool_or every stddev stddev_pop stddev_samp
    variance var_pop var_samp percentile_cont percentile_disc mode jsonb_agg jsonb_object_agg corr""")
WINDOWS = _words("row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value")
SCALARS = _words("""abs ceil ceiling floor round trunc mod sign sqrt div power width_bucket
    lower upper length char_length initcap btrim ltrim rtrim substring substr left right position strpos replace
    translate split_part concat concat_ws reverse starts_with
    to_char to_date to_number to_timestamp date_trunc date_part extract age timezone now make_date justify_days
    justify_hours justify_interval date
    jsonb_typeof jsonb_extract_path jsonb_extract_path_text jsonb_array_length
    array_length cardinality array_to_string array_position overlaps""")
FUNCTIONS = AGGREGATES | WINDOWS | SCALARS
MAX_POWER_ARGUMENT = 100

OPERATORS = _words("= <> != < <= > >= + - * / % || -> ->> #> #>> ~~ ~~* !~~ !~~* @> <@ && ?")
EXPRESSION_KINDS = _words("""AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN
    AEXPR_LIKE AEXPR_ILIKE AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM""")
LIKE_NAMES = frozenset({"BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN SYMMETRIC"})
SUBLINKS = _words("EXISTS_SUBLINK ALL_SUBLINK ANY_SUBLINK EXPR_SUBLINK ARRAY_SUBLINK")
SESSION_VALUES = _words("SVFOP_CURRENT_DATE SVFOP_CURRENT_TIMESTAMP SVFOP_LOCALTIMESTAMP")
JOINS = _words("JOIN_INNER JOIN_LEFT JOIN_RIGHT JOIN_FULL")
TYPES = _words("""bool int2 int4 int8 numeric float4 float8 text varchar bpchar date time timestamp timestamptz interval
    jsonb uuid""")


SYSTEM_COLUMNS = _words("ctid xmin xmax cmin cmax tableoid oid")


def hidden_columns(table: str, granted: Iterable[str]) -> frozenset[str]:
    """Columns that ``table`` has in the database and that are not ``granted``."""
    known = Base.metadata.tables.get(table)
    return (frozenset(known.columns.keys() if known is not None else ()) | SYSTEM_COLUMNS) - frozenset(granted)


def enum_types() -> frozenset[str]:
    """The names of the database's own enums, to which text may be cast."""
    columns = (column for table in Base.metadata.tables.values() for column in table.columns)
    types = (column.type for column in columns)
    return frozenset(kind.name for kind in types if isinstance(kind, SqlEnum) and kind.name)
