"""What a build of the demo company says when a process of it is lost."""

import multiprocessing
import os

import pytest

from noline.demo.build import WriterEnded, _portion


def test_a_writer_that_ends_too_early_is_told_with_its_exit_code():
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    writer = context.Process(target=os._exit, args=(9,))
    writer.start()
    sender.close()
    with pytest.raises(WriterEnded, match=r"exit code 9"):
        _portion(receiver, writer)
