"""The tissues of a digital neonate, and the groups that they form.

Every bilateral structure is one tissue; left and right are told apart by the sign of template coordinate x.
"""

#: Tissue name -> label. ``argmax`` over fractions stacked in this order is the label image.
TISSUES: dict[str, int] = {
    name: label
    for label, name in enumerate(
        (
            "air",
            "white_matter",
            "internal_capsule",
            "corpus_callosum",
            "cortex",
            "hippocampus_amygdala",
            "caudate",
            "putamen",
            "globus_pallidus",
            "subthalamic_nucleus",
            "thalamus",
            "brainstem",
            "cerebellar_white_matter",
            "cerebellar_cortex",
            "lateral_ventricles",
            "third_ventricle",
            "fourth_ventricle",
            "csf",
            "bone",
            "scalp",
            "muscle",
            "eye",
        )
    )
}

DEEP_GREY = ("caudate", "putamen", "globus_pallidus", "subthalamic_nucleus", "thalamus")
SUPRATENTORIAL_WHITE = ("white_matter", "internal_capsule", "corpus_callosum")
CEREBELLUM = ("cerebellar_white_matter", "cerebellar_cortex")
VENTRICLES = ("lateral_ventricles", "third_ventricle", "fourth_ventricle")

#: Total brain volume in the sense of the growth studies: everything inside the pia but the ventricles.
BRAIN_TISSUE = (*SUPRATENTORIAL_WHITE, "cortex", "hippocampus_amygdala", *DEEP_GREY, "brainstem", *CEREBELLUM)

#: What lies inside the skull, and what brain extraction has to take away.
INTRACRANIAL = (*BRAIN_TISSUE, *VENTRICLES, "csf")
EXTRACRANIAL = ("bone", "scalp", "muscle", "eye", "air")
