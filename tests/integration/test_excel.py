# SPDX-License-Identifier: Apache-2.0
"""One report, saved by a Russian Excel and as plain UTF-8 CSV, states the same observations."""
import unittest

from journal import read_journal
from kadrtest import Pipeline

PLAIN = """\
#source: Отчёт облздрава, таблица 4
#published: 2023-11-20
#stated: 2023-11-20
unit,indicator,breakdown,period,value,note
KZ-35,posts_occupied,cadre=doctor settlement=rural,2023-11-20,364.25,по таблице
KZ-35,need_declared,cadre=doctor settlement=rural,2023-11-20,23,"потребность, село"
KZ-35,population,,2023-01-01,1131287,
KZ-35,equipment_level,,2023-11-20,92.5..93.5,
KZ-35,arrivals,,2023-11-06/2023-11-10,>60,
KZ-35,need_declared,cadre=midlevel settlement=rural,2023-11-20,?not_stated,
"""

# What Excel of a Russian locale writes: semicolons, decimal commas, its own days, thousands apart, CRLF, padded rows.
EXCEL = """\
"#source: Отчёт облздрава, таблица 4";;;;;
#published: 20.11.2023;;;;;
#stated: 20.11.2023;;;;;
unit;indicator;breakdown;period;value;note
KZ-35;posts_occupied;cadre=doctor settlement=rural;20.11.2023;364,25;по таблице
KZ-35;need_declared;cadre=doctor settlement=rural;20.11.2023;23;потребность, село
KZ-35;population;;01.01.2023;1\u00a0131\u00a0287;
KZ-35;equipment_level;;20.11.2023;92,5..93,5;
KZ-35;arrivals;;06.11.2023/10.11.2023;>60;
KZ-35;need_declared;cadre=midlevel settlement=rural;20.11.2023;?not_stated;
""".replace("\n", "\r\n")


def observations(report):
    """What is stated, without what only tells how it was written (place in the file, the figure's own spelling)."""
    stated = []
    for observation in report.observations:
        observation.line = observation.column = 0
        if observation.value.WhichOneof("kind") == "interval":
            observation.value.interval.ClearField("stated")
        stated.append(observation.SerializeToString(deterministic=True))
    return stated


class Excel(unittest.TestCase):
    def push(self, content):
        """The report as it stands in a journal of its own, and the rollup."""
        with Pipeline() as pipeline:
            path = pipeline.directory / "report.csv"
            path.write_bytes(content)
            receipt, = pipeline.push("KZ-35", path)
            self.assertEqual((receipt["outcome"], receipt["accepted"], receipt["rejected"]), ("committed", 6, 0), receipt)
            pipeline.wait_caught_up()
            journal = read_journal(pipeline)
            report = journal.v1.report.Report.FromString(journal.reports[0].message)
            cells = pipeline.rollup("--unit", "KZ-35")["cells"]
            self.assertEqual(set(pipeline.stop().values()), {0})
        return report, cells

    def test_same_observations(self):
        plain, plain_cells = self.push(PLAIN.encode())
        self.assertTrue(plain_cells)
        for encoding in ("cp1251", "utf-8-sig", "kz1048"):
            with self.subTest(encoding):
                excel, cells = self.push(EXCEL.encode(encoding))
                self.assertEqual(observations(excel), observations(plain))
                self.assertEqual((excel.source, excel.published, excel.stated_at_ms),
                                 (plain.source, plain.published, plain.stated_at_ms))
                self.assertEqual([o.note for o in excel.observations], [o.note for o in plain.observations])
                self.assertEqual(cells, plain_cells)


if __name__ == "__main__":
    unittest.main()
