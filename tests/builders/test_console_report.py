"""Lines that a build prints on the motions it has read."""

from builders.building.console_report import MAX_LINES, print_motion_findings


def test_equal_notes_on_many_motions_do_not_hide_another_note(capsys):
    rate = "25 poses per second are not used: the file states 120"
    up = "up axis inferred as y"
    print_motion_findings([*(f"CMU/{n}: {rate}" for n in range(30)), f"own: {up}"])
    assert capsys.readouterr().out.splitlines() == [
        f"note: CMU/0: {rate} (also in 29 other motions)",
        f"note: own: {up}",
    ]


def test_a_few_equal_notes_are_printed_for_each_motion(capsys):
    lines = [f"walk_{number}: up axis inferred as y" for number in range(MAX_LINES)]
    print_motion_findings(lines)
    assert capsys.readouterr().out.splitlines() == [f"note: {line}" for line in lines]


def test_the_number_of_notes_that_are_not_printed_is_stated(capsys):
    print_motion_findings(f"walk_{number}: leg of 0.{number} m" for number in range(MAX_LINES + 3))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == MAX_LINES + 1
    assert printed[-1] == "note: 3 more notes on motions"
