"""Small texts in the form of XLA's compiled modules, with known costs."""

# One stage per line of source: `row` of part.py calls `first` of helper.py.
TABLES = """
FileNames
1 "/somewhere/radarsim/part.py"
2 "/somewhere/radarsim/numerics/helper.py"

FunctionNames
1 "row"
2 "first"

FileLocations
1 {file_name_id=1 function_name_id=1 line=7 end_line=7 column=1 end_column=9}
2 {file_name_id=2 function_name_id=2 line=30 end_line=31 column=1 end_column=9}

StackFrames
1 {file_location_id=1 parent_frame_id=1}
2 {file_location_id=2 parent_frame_id=2}
"""

# The loop copies 1,000 float32 values in each iteration; the number of iterations is known at
# compile time only if the text states a trip count.
_LOOP = """HloModule loop, is_scheduled=true
{tables}
%body (state: (s32[], f32[1000])) -> (s32[], f32[1000]) {{
  %state = (s32[], f32[1000]{{0}}) parameter(0)
  %count = s32[] get-tuple-element(%state), index=0
  %values = f32[1000]{{0}} get-tuple-element(%state), index=1
  %copied = f32[1000]{{0}} copy(%values), metadata={{stack_frame_id=2}}
  ROOT %next = (s32[], /*index=1*/f32[1000]{{0}}) tuple(%count, %copied)
}}

%condition (state.1: (s32[], f32[1000])) -> pred[] {{
  %state.1 = (s32[], f32[1000]{{0}}) parameter(0)
  %count.1 = s32[] get-tuple-element(%state.1), index=0
  ROOT %less = pred[] fusion(%count.1), kind=kLoop, calls=%fused_less
}}

%fused_less (p: s32[]) -> pred[] {{
  %p = s32[] parameter(0)
  %limit = s32[] constant(5)
  ROOT %compare = pred[] compare(%p, %limit), direction=LT
}}

ENTRY %main (given: f32[1000]) -> (s32[], f32[1000]) {{
  %given = f32[1000]{{0}} parameter(0)
  %zero = s32[] constant(0)
  %start = (s32[], f32[1000]{{0}}) tuple(%zero, %given)
  ROOT %loop = (s32[], f32[1000]{{0}}) while(%start), {attributes}
}}
"""


def loop_text(turns: int | None) -> str:
    """A loop that copies 4,000 bytes in each of `turns` iterations; None for an unknown number."""
    known = f', backend_config={{"known_trip_count":{{"n":"{turns}"}}}}' if turns else ""
    called = "condition=%condition, body=%body"
    attributes = f'{called}, metadata={{op_name="while" stack_frame_id=1}}{known}'
    return _LOOP.format(tables=TABLES, attributes=attributes)


def module_text(*lines: str, computations: str = "", parameters: str = "f32[64,32]") -> str:
    """A module whose entry computation has these lines after the parameter %x."""
    body = "\n".join(f"  {line}" for line in lines)
    return (
        f"HloModule small\n{TABLES}\n{computations}\n"
        f"ENTRY %main (x: {parameters}) -> f32[] {{\n"
        f"  %x = {parameters}{{1,0}} parameter(0)\n{body}\n}}\n"
    )
